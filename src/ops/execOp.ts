import { join } from 'node:path/posix'
import { ProcessStartError, StepFailedError, type Executor, type ProcessSpec, type RunMode } from '../executor/executor.ts'
import { digestOf, type Digest } from '../ground/digest.ts'
import { DEFAULT_PATH } from '../ground/oci/defaultPath.ts'
import type { Platform } from '../ground/platform.ts'
import type { ExecOp, Vertex } from '../graph/vertex.ts'
import type { Limit } from '../kit/limit.ts'
import { buildkitDigest } from '../snapshot/buildkitHash.ts'
import type { ContentDigest, InputKey, Op, OpContext } from '../solver/op.ts'
import { digestSelection } from './files/selectionDigest.ts'
import { leftByStep, StepKeptError, type FailedStep, type FailedStepKeeper } from './failedStep.ts'
import { execDigest } from './keys/execDigest.ts'
import type { LayerPresence } from './layerPresence.ts'
import { openMounts, type HeldMounts, type MountDeps } from './mounts/heldMounts.ts'
import { countsByContent, mountedPart, mountsOf, type InputMount } from './mounts/mountPart.ts'
import { toSnapshot } from './snapshotResult.ts'
import type { StepTimes } from './stepTimes.ts'

export interface ExecDeps extends MountDeps {
  readonly presence: LayerPresence
  readonly executor: Executor
  readonly failedSteps: FailedStepKeeper
  readonly stepTimes: StepTimes
  /** How many processes may run at once: emulated ones take more memory, and have a limit of their own. */
  readonly limits: { readonly native: Limit; readonly emulated: Limit }
  readonly now: () => number
}

/** Runs a process over file systems that are its inputs; what it writes to those that are outputs is kept. */
export function createExecOp(exec: ExecOp, vertex: Vertex, deps: ExecDeps): Op {
  const { platform } = vertex
  if (platform === undefined) throw new Error(`${vertex.note.name} has no platform`)
  return {
    async cacheMap() {
      return { digest: execDigest(exec, platform), inputs: vertex.inputs.map((_, input) => inputKey(mountsOf(exec, input), deps)) }
    },
    async execute(inputs, context, signal) {
      const mode = deps.executor.runMode(platform)
      await Promise.all(inputs.map((input) => deps.presence.ensurePresent(toSnapshot(input), context, signal)))
      await using held = await openMounts(exec, inputs, { deps, context }, signal)
      try {
        const durationMs = await runProcess({ spec: toSpec(exec, platform, held), validExitCodes: exec.validExitCodes, mode, deps, context }, signal)
        deps.stepTimes.record({ op: execDigest(exec, platform), name: vertex.note.name, platform, mode: mode.kind, durationMs })
      } catch (error) {
        throw await keepFailed({ error, vertex, platform, exec, inputs }, held, deps.failedSteps, signal)
      }
      return await held.commit()
    },
  }
}

interface Failure extends Pick<FailedStep, 'platform' | 'exec' | 'inputs'> {
  readonly error: unknown
  readonly vertex: Vertex
}

/** The error to throw: where what the process has left could be kept, it says so. */
async function keepFailed({ error, vertex, platform, exec, inputs }: Failure, held: HeldMounts, failedSteps: FailedStepKeeper, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof StepFailedError || error instanceof ProcessStartError)) return error
  try {
    const outputs = await held.commit()
    return new StepKeptError(error, await failedSteps.keep({ vertex: vertex.digest, name: vertex.note.name, platform, exec, inputs, outputs, message: error.message }, signal))
  } catch {
    return error // a full disk, say: why the step failed is what counts
  }
}

/** A file system as a step has left it, with all else that was mounted. */
export interface OpenStep extends AsyncDisposable {
  /** Of the process that failed. */
  readonly spec: ProcessSpec
}

/** What is written there is gone when it is disposed. The inputs' files are there. Secrets are asked of the session, and may be missing. */
export async function openFailedStep(step: FailedStep, { deps, context }: { readonly deps: ExecDeps; readonly context: Omit<OpContext, 'vertex'> }, signal: AbortSignal): Promise<OpenStep> {
  const { exec, inputs } = leftByStep(step)
  const vertex: Vertex = { digest: step.vertex, op: exec, inputs: [], platform: step.platform, note: { name: step.name, ignoreCache: false, span: undefined } }
  const held = await openMounts(exec, inputs, { deps, context: { ...context, vertex } }, signal)
  return { spec: toSpec(exec, step.platform, held), [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() }
}

function selectorsOf(mounts: readonly InputMount[]): readonly string[] {
  return [...new Set(mounts.map(({ selector }) => selector))].sort()
}

function inputKey(mounts: readonly InputMount[], deps: ExecDeps): InputKey {
  const selectors = selectorsOf(mounts)
  const contentDigest: ContentDigest = async (input, context, signal) => {
    await deps.presence.ensurePresent(toSnapshot(input), context, signal)
    const parts: Digest[] = []
    for (const selector of selectors) parts.push(await digestSelection(toSnapshot(input), mountedPart(selector), deps, signal))
    return digestOf(parts.join(' '))
  }
  const selector = mounts.length === 0 ? '' : digestOf(mounts.map((mount) => join('/', mount.selector)).join('\0')) // as BuildKit names it
  return { selector, contentDigest: countsByContent(mounts) ? contentDigest : undefined, sharedDigest: (input, _context, signal) => buildkitDigest(deps.snapshots, toSnapshot(input), mounts.map((mount) => mountedPart(join('/', mount.selector))), signal) }
}

function toSpec(exec: ExecOp, platform: Platform, { root, mounts, env: deviceEnv, secretEnv }: HeldMounts): ProcessSpec {
  const { argv, env, proxyEnv, cwd, user, network, security, hostname, extraHosts, ulimits, shmSizeBytes, cgroupParent } = exec
  return {
    platform, argv, env: withPath([...proxyEnv, ...env, ...deviceEnv]), secretEnv, cwd, user, network, security, hostname, extraHosts, ulimits, shmSizeBytes, cgroupParent, mounts,
    rootfs: root.path,
    isRootReadonly: root.readonly,
    twins: undefined,
  }
}

/** As with BuildKit, a process without a search path has the usual one. */
function withPath(env: readonly string[]): readonly string[] {
  return env.some((variable) => variable.startsWith('PATH=')) ? env : [...env, `PATH=${DEFAULT_PATH}`]
}

interface ProcessRun {
  readonly spec: ProcessSpec
  readonly validExitCodes: readonly number[] | undefined
  readonly mode: RunMode
  readonly deps: ExecDeps
  readonly context: OpContext
}

/** How long that took, once it was its turn. */
async function runProcess({ spec, validExitCodes, mode, deps, context }: ProcessRun, signal: AbortSignal): Promise<number> {
  const { executor, limits, now } = deps
  const vertex = context.vertex.digest
  return await limits[mode.kind].run(async () => {
    const startedAt = now()
    if (mode.kind === 'emulated') context.progress({ kind: 'vertex-emulated', vertex, at: now(), emulator: mode.emulator })
    const exitCode = await exitCodeOf(async () => {
      for await (const { stream, bytes } of executor.run(spec, signal)) context.progress({ kind: 'vertex-log', vertex, at: now(), stream, bytes })
    }, validExitCodes)
    if (validExitCodes !== undefined && !validExitCodes.includes(exitCode)) throw new StepFailedError(spec.argv, exitCode)
    return now() - startedAt
  }, signal)
}

/** @throws StepFailedError where the process ended otherwise than it may */
async function exitCodeOf(run: () => Promise<void>, valid: readonly number[] = []): Promise<number> {
  try {
    await run()
    return 0
  } catch (error) {
    if (error instanceof StepFailedError && valid.includes(error.exitCode)) return error.exitCode
    throw error
  }
}

