import { join } from 'node:path/posix'
import { ProcessStartError, StepFailedError, type OutputChunk, type ProcessSpec, type RunMode, type TwinSource } from '../executor/executor.ts'
import { createOutputTail } from '../executor/programs/outputTail.ts'
import { digestOf, type Digest } from '../ground/digest.ts'
import { DEFAULT_PATH } from '../ground/oci/defaultPath.ts'
import type { Platform } from '../ground/platform.ts'
import type { ExecOp, Vertex } from '../graph/vertex.ts'
import { buildkitDigest } from '../snapshot/buildkitHash.ts'
import type { SnapshotId } from '../snapshot/snapshotStore.ts'
import type { ContentDigest, InputKey, Op, OpContext, ResultId } from '../solver/op.ts'
import { runProcess, type ProcessDeps, type ProcessWatch } from './exec/stepProcess.ts'
import { openTwins } from './exec/twinSource.ts'
import { createOutputDigest, formatVerified, verifyTwins, type RunAgain } from './exec/verifyTwins.ts'
import { digestSelection } from './files/selectionDigest.ts'
import { leftByStep, StepKeptError, type FailedStep, type FailedStepKeeper } from './failedStep.ts'
import { execDigest, stepTimeKey } from './keys/execDigest.ts'
import type { LayerPresence } from './layerPresence.ts'
import { openMounts, type HeldMounts, type MountDeps } from './mounts/heldMounts.ts'
import { countsByContent, mountedPart, mountsOf, type InputMount } from './mounts/mountPart.ts'
import { toSnapshot } from './snapshotResult.ts'
import type { StepTimes } from './stepTimes.ts'

export interface ExecDeps extends MountDeps, ProcessDeps {
  readonly presence: LayerPresence
  readonly failedSteps: FailedStepKeeper
  readonly stepTimes: StepTimes
}

/** Runs a process over file systems that are its inputs; what it writes to those that are outputs is kept. */
export function createExecOp(exec: ExecOp, vertex: Vertex, deps: ExecDeps): Op {
  const { platform } = vertex
  if (platform === undefined) throw new Error(`${vertex.note.name} has no platform`)
  return {
    async cacheMap() {
      return { digest: execDigest(exec, platform), inputs: vertex.inputs.map((_, input) => ([exec.twins?.input, exec.twins?.toolchain].includes(input) ? WHOLE_INPUT : inputKey(mountsOf(exec, input), deps))) }
    },
    async execute(inputs, context, signal) {
      const mode = deps.executor.runMode(platform)
      await Promise.all(inputs.map((input) => deps.presence.ensurePresent(toSnapshot(input), context, signal)))
      const step: Step = { exec, vertex, platform, inputs, mode, deps, context }
      const { twins } = exec
      if (twins === undefined) return await attemptPlain(step, signal)
      await using held = await openTwins(twins, inputs, deps, signal)
      if (twins.mode === 'verify') return await attemptVerified(step, held.source, signal)
      return (await attempt(step, { twins: held.source, onOutput: tellOutput(step), isAgain: false }, signal)).outputs
    },
  }
}

/** Which files a step has its twins from is told by where they are from: what of them it will use is not known before. */
const WHOLE_INPUT: InputKey = { selector: '', contentDigest: undefined }

interface Step {
  readonly exec: ExecOp
  readonly vertex: Vertex
  readonly platform: Platform
  readonly inputs: readonly ResultId[]
  readonly mode: RunMode
  readonly deps: ExecDeps
  readonly context: OpContext
}

/** Of what a process printed. */
const MAX_DETAIL_LINES = 8

async function attemptPlain(step: Step, signal: AbortSignal): Promise<readonly ResultId[]> {
  const { exec: { makeshift }, context, deps } = step
  const [tell, tail] = [tellOutput(step), createOutputTail()]
  const onOutput = (chunk: OutputChunk): void => {
    if (makeshift !== undefined) tail.add(chunk.bytes)
    tell(chunk)
  }
  const { outputs, exitCode } = await attempt(step, { twins: undefined, onOutput, isAgain: false }, signal)
  if (exitCode === makeshift?.exitCode) {
    context.keepNothing?.()
    const lines = tail.text().trim().split('\n')
    context.progress({ kind: 'warning', vertex: context.vertex.digest, at: deps.now(), message: `${makeshift.warning}: ${lines.at(-1) ?? ''}`, detail: lines.slice(-MAX_DETAIL_LINES), url: undefined, span: undefined })
  }
  return outputs
}

interface Attempt extends ProcessWatch {
  readonly twins: TwinSource | undefined
  /** Then it is told once only how the step runs, and nothing is kept of a failure. */
  readonly isAgain: boolean
}

interface AttemptEnd {
  readonly outputs: readonly ResultId[]
  readonly exitCode: number
}

async function attempt(step: Step, { twins, isAgain, ...watch }: Attempt, signal: AbortSignal): Promise<AttemptEnd> {
  const { exec, vertex, platform, inputs, mode, deps, context } = step
  await using held = await openMounts(exec, inputs, { deps, context }, signal)
  try {
    const process = { spec: toSpec(exec, platform, { held, twins }), validExitCodes: exec.validExitCodes, mode, deps, context, isAgain }
    const end = await runProcess(process, watch, signal)
    deps.stepTimes.record({ op: stepTimeKey(exec, platform), name: vertex.note.name, platform, mode: end.mode, durationMs: end.durationMs })
    return { outputs: await held.commit(), exitCode: end.exitCode }
  } catch (error) {
    throw isAgain ? error : await keepFailed({ error, ...step }, held, deps.failedSteps, signal)
  }
}

/** The result without twins, once that with them is found to be the same. @throws TwinsDifferError */
async function attemptVerified(step: Step, twins: TwinSource, signal: AbortSignal): Promise<readonly ResultId[]> {
  const { deps: { snapshots, now } } = step
  const tell = tellOutput(step)
  const output = createOutputDigest()
  const onOutput = (chunk: OutputChunk): void => {
    output.add(chunk)
    tell(chunk)
  }
  const plain = await attempt(step, { twins: undefined, onOutput, isAgain: false }, signal)
  const unwanted = new Set<ResultId>(plain.outputs)
  try {
    const again: RunAgain = async (kind, watch) => {
      const end = await attempt(step, { twins: kind === 'twins' ? twins : undefined, ...watch, isAgain: true }, signal)
      for (const id of end.outputs) unwanted.add(id)
      return { exitCode: end.exitCode, outputs: snapshotsOf(end) }
    }
    const verified = await verifyTwins({ outputs: snapshotsOf(plain), exitCode: plain.exitCode, output: output.digest() }, { again, snapshots }, signal)
    if (verified.kind !== 'without-twins') tell({ stream: 'stderr', bytes: Buffer.from(`${formatVerified(verified)}\n`) })
    for (const id of plain.outputs) unwanted.delete(id)
    return plain.outputs
  } finally {
    for (const id of unwanted) await snapshots.remove(id as SnapshotId, now() + 1, signal)
  }
}

function snapshotsOf({ outputs }: AttemptEnd): readonly SnapshotId[] {
  return outputs.flatMap((id) => toSnapshot(id) ?? [])
}

function tellOutput({ deps, context }: Step): Attempt['onOutput'] {
  return ({ stream, bytes }) => context.progress({ kind: 'vertex-log', vertex: context.vertex.digest, at: deps.now(), stream, bytes })
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
  return { spec: toSpec(exec, step.platform, { held, twins: undefined }), [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() }
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

interface ProcessFiles {
  readonly held: HeldMounts
  readonly twins: TwinSource | undefined
}

function toSpec(exec: ExecOp, platform: Platform, { held: { root, mounts, env: deviceEnv, secretEnv }, twins }: ProcessFiles): ProcessSpec {
  const { argv, env, proxyEnv, cwd, user, network, security, hostname, extraHosts, ulimits, shmSizeBytes, cgroupParent, keepsMountParents } = exec
  return {
    platform, argv, env: withPath([...proxyEnv, ...env, ...deviceEnv]), secretEnv, cwd, user, network, security, hostname, extraHosts, ulimits, shmSizeBytes, cgroupParent, mounts,
    rootfs: root.path,
    isRootReadonly: root.readonly,
    twins,
    ...(keepsMountParents === true && { keepsMountParents }),
  }
}

/** As with BuildKit, a process without a search path has the usual one. */
function withPath(env: readonly string[]): readonly string[] {
  return env.some((variable) => variable.startsWith('PATH=')) ? env : [...env, `PATH=${DEFAULT_PATH}`]
}
