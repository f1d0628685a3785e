import { createHash } from 'node:crypto'
import { StepFailedError, type OutputChunk, type TwinUseCount } from '../../executor/executor.ts'
import { BuildError } from '../../ground/errors.ts'
import type { SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import { compareResults, withoutUsual, type PathDifference } from './twinDifference.ts'

/** What a run of the step came to. */
export interface StepRun {
  /** As layers on equal inputs. */
  readonly outputs: readonly SnapshotId[]
  readonly exitCode: number
  readonly output: OutputDigest
}

/** What a process has printed, by stream. */
export interface OutputDigest {
  readonly stdout: string
  readonly stderr: string
}

/** Runs the step anew, from equal inputs. @throws StepFailedError */
export type RunAgain = (kind: 'plain' | 'twins', watch: RunWatch) => Promise<Omit<StepRun, 'output'>>

export interface RunWatch {
  readonly onOutput: (chunk: OutputChunk) => void
  /** Of a run with twins, also of one that fails. */
  readonly onTwins: (count: TwinUseCount) => void
}

export interface Verification {
  readonly again: RunAgain
  readonly snapshots: Pick<SnapshotStore, 'readLayer'>
}

/** With twins, a step does what it does not without: what two runs without them have alike is not so. */
export class TwinsDifferError extends BuildError {
  readonly kind = 'step-failed'
  readonly differences: readonly PathDifference[]
  constructor(differences: readonly PathDifference[], others: readonly string[]) {
    const paths = differences.slice(0, SHOWN).map(formatPath)
    const rest = differences.length > SHOWN ? [`and ${differences.length - SHOWN} more`] : []
    super(['the step comes to something else with native twins than without:', ...others, ...paths, ...rest].join('\n  '), {
      hint: 'build it without --accelerate, and report the programs that this step runs: one that is held to be safe is not',
    })
    this.differences = differences
  }
}

const SHOWN = 20

/** Where nothing is wrong: none could be offered, or nothing differs but what is `unsteady`, which is not the same from one plain run to the next. */
export type Verified = { readonly kind: 'without-twins' } | Compared

export interface Compared {
  /** `unused`: no process ran natively, by the count that the step itself could write. */
  readonly kind: 'verified' | 'unused'
  readonly unsteady: readonly string[]
}

/** Compares a run without twins with one that has them, and, where these differ, with another one without. @throws TwinsDifferError */
export async function verifyTwins(plain: StepRun, verification: Verification, signal: AbortSignal): Promise<Verified> {
  const run = await observe('twins', verification)
  if (run.twins === undefined || run.twins.why !== undefined) return { kind: 'without-twins' }
  const kind = run.twins.native === 0 ? 'unused' : 'verified'
  const withTwins = await differ(plain, run, verification, signal)
  if (withTwins.paths.length + withTwins.others.size === 0) return { kind, unsteady: [] }
  const usual = await differ(plain, await observe('plain', verification), verification, signal)
  const paths = withoutUsual(withTwins.paths, usual.paths)
  const isCompared = run.outputs.length === plain.outputs.length // else nothing is known of its files, however another plain run ends
  const others = [...withTwins.others].flatMap(([about, text]) => (usual.others.has(about) && (isCompared || about !== 'exit code') ? [] : [text]))
  if (paths.length + others.length > 0) throw new TwinsDifferError(paths, others)
  return { kind, unsteady: [...usual.others.keys(), ...usual.paths.map(({ path }) => path)] }
}

export function formatVerified({ kind, unsteady }: Compared): string {
  if (kind === 'unused') return 'nothing to verify: no process ran natively'
  if (unsteady.length === 0) return 'verified: the same with native twins and without'
  const shown = unsteady.slice(0, SHOWN_UNSTEADY).map(printable).join(', ')
  const rest = unsteady.length > SHOWN_UNSTEADY ? ` and ${unsteady.length - SHOWN_UNSTEADY} more` : ''
  return `verified: the same with native twins and without, but for what differs without them, too: ${shown}${rest}`
}

const SHOWN_UNSTEADY = 5

type About = 'exit code' | 'stdout' | 'stderr'

interface Differing {
  readonly paths: readonly PathDifference[]
  readonly others: ReadonlyMap<About, string>
}

/** A process that failed has made nothing that could be compared. */
async function observe(kind: 'plain' | 'twins', { again }: Verification): Promise<StepRun & { readonly twins: TwinUseCount | undefined }> {
  const watch = createOutputDigest()
  let twins: TwinUseCount | undefined
  const onTwins = (count: TwinUseCount): void => void (twins = count)
  try {
    const run = await again(kind, { onOutput: watch.add, onTwins })
    return { ...run, twins, output: watch.digest() }
  } catch (error) {
    if (!(error instanceof StepFailedError)) throw error
    return { outputs: [], exitCode: error.exitCode, twins, output: watch.digest() }
  }
}

async function differ(plain: StepRun, other: StepRun, { snapshots }: Verification, signal: AbortSignal): Promise<Differing> {
  const others = new Map<About, string>()
  if (plain.exitCode !== other.exitCode) others.set('exit code', `exit code: ${other.exitCode} instead of ${plain.exitCode}`)
  for (const stream of ['stdout', 'stderr'] as const) if (plain.output[stream] !== other.output[stream]) others.set(stream, `${stream}: what it prints`)
  const paths = plain.outputs.length === other.outputs.length ? await compareResults({ first: plain.outputs, second: other.outputs }, { snapshots, maxHeld: MAX_HELD }, signal) : []
  return { paths, others }
}

const MAX_HELD = 100_000 // some ten megabytes

/** Hashes what goes by. */
export function createOutputDigest(): { readonly add: (chunk: OutputChunk) => void; digest(): OutputDigest } {
  const hashes = { stdout: createHash('sha256'), stderr: createHash('sha256') }
  return {
    add: ({ stream, bytes }) => void hashes[stream].update(bytes),
    digest: () => ({ stdout: hashes.stdout.copy().digest('hex'), stderr: hashes.stderr.copy().digest('hex') }),
  }
}

function formatPath({ path, aspects }: PathDifference): string {
  return `${printable(path)}: ${aspects.map((aspect) => (aspect === 'presence' ? 'only in one of them' : aspect)).join(', ')}`
}

/** A name is the step's own, and may not break a line. */
function printable(path: string): string {
  return path.replaceAll('\n', '\\n')
}
