import type { VertexIdentity } from '../../../graph/graphDigest.ts'
import type { ExecOp, Mount, Output, TwinUse } from '../../../graph/vertex.ts'
import type { Platform } from '../../../ground/platform.ts'
import type { CommandLine, RunInstruction } from '../../instructions/instruction.ts'
import { proxyEnvironment } from '../globalScope.ts'
import { lowerMounts, type RunMounts } from './lowerMounts.ts'
import type { PlannedStep } from '../plan.ts'
import { lowerCommand, withScript } from './runScript.ts'
import { withHistory, workingFolder, type StageContext, type StageState } from '../stageState.ts'
import type { TwinRoot } from '../twins/twinRequest.ts'
import { describeInstruction, nameStep, targetSuffix } from './stepName.ts'

/** RUN: one process on the stage's files, whose changes are the next layer. */
export function lowerRun(before: StageState, instruction: RunInstruction, step: PlannedStep, context: StageContext): StageState {
  const suffix = targetSuffix(before.platform, before.env)
  const state = suffix === '' ? before : { ...before, targetSuffix: suffix }
  const { command, script, summary } = lowerCommand(instruction, state, context)
  const argv = withShell(command, state)
  const mounts = withScript(lowerMounts(state, instruction, step, context), script)
  const written: PlannedStep = { ...step, instruction: { ...instruction, text: instruction.text + summary } }
  const description = describeInstruction(written, masked(state, mounts), { escape: context.escape, keepQuotes: true, keepUnset: true })
  const named = nameStep(state, description, { span: instruction.span, isTrigger: step.isTrigger }, context)
  const { twin } = context
  const op = execOp(state, { argv, instruction, mounts }, context)
  const plain = { op, inputs: mounts.inputs, platform: state.platform }
  const root = context.graph.add(twin === undefined ? plain : withTwins(op, mounts.inputs, twin, state.platform), named.note)
  const contextPaths = new Set([...state.contextPaths, ...mounts.contextPaths])
  return withHistory({ ...named.state, root, contextPaths }, `RUN ${[...argumentWords(state), ...argv].join(' ')} # buildkit`, 'layer', context)
}

function withTwins(op: ExecOp, inputs: readonly Output[], { mode, root, toolchain }: TwinRoot, platform: Platform): VertexIdentity {
  const use: TwinUse = { mode, input: inputs.length, ...(toolchain !== undefined && { toolchain: inputs.length + 1 }) }
  return { op: { ...op, twins: use }, inputs: [...inputs, root, ...(toolchain === undefined ? [] : [toolchain])], platform }
}

/** For the step's name: says that a variable is a secret. */
function masked(state: StageState, { secretEnv }: RunMounts): StageState {
  return { ...state, env: new Map([...state.env, ...secretEnv.map(({ name }) => [name, '****'] as const)]) }
}

interface Process {
  readonly argv: readonly string[]
  readonly instruction: RunInstruction
  readonly mounts: RunMounts
}

function execOp(state: StageState, { argv, instruction: { network, security, devices }, mounts: { mounts, secretEnv } }: Process, { request }: StageContext): ExecOp {
  return {
    kind: 'exec',
    argv,
    env: [...withAgent(state.env, mounts)].map(([name, value]) => `${name}=${value}`),
    cwd: workingFolder(state),
    user: state.image.container.user ?? '',
    proxyEnv: proxyEnvironment(request.buildArgs),
    mounts,
    ...(secretEnv.length === 0 ? {} : { secretEnv }),
    ...(devices.length === 0 ? {} : { devices: devices.map(({ name, isRequired }) => ({ name, isOptional: !isRequired })) }),
    network: network ?? request.networkMode,
    security,
    hostname: request.hostname,
    extraHosts: request.extraHosts,
    ulimits: request.ulimits,
    shmSizeBytes: request.shmSizeBytes,
    cgroupParent: request.cgroupParent,
  }
}

/** ssh finds its agent by a variable: the first one's, unless the stage names another. */
function withAgent(env: ReadonlyMap<string, string>, mounts: readonly Mount[]): ReadonlyMap<string, string> {
  const socket = mounts.find(({ kind }) => kind === 'ssh')
  return socket === undefined || env.has('SSH_AUTH_SOCK') ? env : new Map([...env, ['SSH_AUTH_SOCK', socket.target]])
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
