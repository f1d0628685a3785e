import { posix } from 'node:path'
import type { ProcessSpec, TerminalSize } from '../../executor/executor.ts'
import { openFailedStep, type ExecDeps } from '../../ops/execOp.ts'
import { toSnapshot } from '../../ops/snapshotResult.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { Container } from '../run/container.ts'
import { deliveryContext, runStep } from '../stepProgress.ts'
import type { FailedStepStore, KeptStep } from './failedStepStore.ts'

/** A process where a failed step stood; '' and [] take the step's own, and a shell. */
export interface DebugRequest {
  /** As `FailedStepStore.find`. */
  readonly step: string
  readonly command: readonly string[]
  /** `KEY=value`; over the step's. */
  readonly env: readonly string[]
  readonly workdir: string
  readonly user: string
  readonly terminal: TerminalSize | undefined
  readonly sessionId: string
}

export interface DebugDeps extends ExecDeps {
  readonly failedStepStore: FailedStepStore
}

/** Starts it in a copy: what it writes is gone at its end, and the next one finds what the step has left. @throws FailedStepMissingError; ProcessStartError */
export async function debugStep(deps: DebugDeps, request: DebugRequest, progress: ProgressSink, signal: AbortSignal): Promise<Container> {
  const step = deps.failedStepStore.find(request.step)
  const mode = deps.executor.runMode(step.platform)
  return await runStep(progress, `load ${step.name}`, async (shown) => {
    const delivery = deliveryContext(shown, request.sessionId)
    for (const input of step.inputs) await deps.presence.ensurePresent(toSnapshot(input), delivery, signal)
    await using stack = new AsyncDisposableStack()
    const opened = stack.use(await openFailedStep(step, { deps, context: { sessionId: request.sessionId, progress } }, signal))
    const process = stack.use(await deps.executor.open(processSpec(opened.spec, step, request), request.terminal, signal))
    const held = stack.move()
    return { mode, platform: step.platform, process, [Symbol.asyncDispose]: () => held.disposeAsync() }
  })
}

function processSpec(spec: ProcessSpec, { exec }: KeptStep, { command, env, workdir, user, terminal }: DebugRequest): ProcessSpec {
  return {
    ...spec,
    argv: command.length > 0 ? command : [shellOf(exec.argv)],
    env: [...spec.env, ...(terminal === undefined ? [] : ['TERM=xterm']), ...env],
    cwd: workdir === '' ? spec.cwd : posix.resolve(spec.cwd, workdir),
    user: user === '' ? spec.user : user,
  }
}

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', 'dash', 'ksh', 'zsh'])

/** The one that ran the step, where one did. */
function shellOf([program = '']: readonly string[]): string {
  return SHELLS.has(posix.basename(program)) ? program : '/bin/sh'
}
