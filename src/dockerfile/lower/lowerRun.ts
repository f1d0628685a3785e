import type { ExecOp } from '../../graph/vertex.ts'
import type { CommandLine, RunInstruction } from '../instructions/instruction.ts'
import { proxyEnvironment } from './globalScope.ts'
import type { PlannedStep } from './plan.ts'
import { withHistory, workingFolder, type StageContext, type StageState } from './stageState.ts'
import { describeInstruction, nameStep, targetSuffix } from './stepName.ts'

/** RUN: one process on the stage's files, whose changes are the next layer. */
export function lowerRun(before: StageState, instruction: RunInstruction, step: PlannedStep, context: StageContext): StageState {
  const suffix = targetSuffix(before.platform, before.env)
  const state = suffix === '' ? before : { ...before, targetSuffix: suffix }
  const argv = withShell(instruction.command, state)
  const description = describeInstruction(step, state, { escape: context.escape, keepQuotes: true, keepUnset: true })
  const named = nameStep(state, description, { span: instruction.span, isTrigger: step.isTrigger }, context)
  const identity = { op: execOp(state, argv, instruction, context), inputs: state.root === undefined ? [] : [state.root], platform: state.platform }
  const root = context.graph.add(identity, named.note)
  return withHistory({ ...named.state, root }, `RUN ${[...argumentWords(state), ...argv].join(' ')} # buildkit`, 'layer', context)
}

function execOp(state: StageState, argv: readonly string[], { network }: RunInstruction, { request }: StageContext): ExecOp {
  return {
    kind: 'exec',
    argv,
    env: [...state.env].map(([name, value]) => `${name}=${value}`),
    cwd: workingFolder(state),
    user: state.image.container.user ?? '',
    proxyEnv: proxyEnvironment(request.buildArgs),
    mounts: [{ kind: 'bind', input: state.root === undefined ? undefined : 0, selector: '', target: '/', readonly: false, isOutput: true }],
    network: network ?? request.networkMode,
    security: 'sandbox',
    hostname: request.hostname,
    extraHosts: request.extraHosts,
    ulimits: request.ulimits,
    shmSizeBytes: request.shmSizeBytes,
    cgroupParent: request.cgroupParent,
  }
}

/** `|2 A=x B=y`, by which the history tells the values of the ARGs. */
function argumentWords(state: StageState): readonly string[] {
  const words = [...state.buildArgs].map(([name, value]) => `${name}=${state.env.get(name) ?? value ?? ''}`)
  return words.length === 0 ? [] : [`|${words.length}`, ...words]
}

/** The command's words, under the shell where it is for one. */
export function withShell({ words, isShell }: CommandLine, { image, platform }: StageState): readonly string[] {
  if (!isShell) return words
  const own = image.container.shell ?? []
  const shell = own.length > 0 ? own : platform.os === 'windows' ? ['cmd', '/S', '/C'] : ['/bin/sh', '-c']
  return [...shell, words.join(' ')]
}
