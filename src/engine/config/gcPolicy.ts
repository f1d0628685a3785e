import type { DiskFacts, DiskSpace } from './diskSpace.ts'
import { toBytes } from './diskSpace.ts'

/** What may stay of the store, as an operator writes it: a rule of BuildKit's, which are followed one after the other. */
export interface GcPolicy {
  /** Also what images of the store would need to be run or built upon at once. */
  readonly all: boolean
  /** As BuildKit's clients send them: which records it is about; none: all. */
  readonly filters: readonly string[]
  /** What was used within this time stays. */
  readonly keepMs: number
  /** So much always stays. */
  readonly reservedSpace: DiskSpace | undefined
  /** More than that does not. */
  readonly maxUsedSpace: DiskSpace | undefined
  /** So much is to be free on the disk. */
  readonly minFreeSpace: DiskSpace | undefined
}

/** The bounds of all rules that an operator does not write, where some are given. */
export type GcBounds = Pick<GcPolicy, 'reservedSpace' | 'maxUsedSpace' | 'minFreeSpace'>

const HOUR_MS = 3_600_000
const GB = 1e9
/** Docker's: a tenth of the disk or 10 GB stays, a fifth is kept free, and more than 100 GB or four fifths is not used. */
const DEFAULT_RESERVED = { percent: 10, atMost: 10 * GB }
const DEFAULT_MAX_USED = { percent: 80, atMost: 100 * GB }
const DEFAULT_MIN_FREE: DiskSpace = { kind: 'percent', percent: 20 }

/** BuildKit's own rules: what is easily made again goes after two days, what was not used for two months, and then what is too much. */
export function defaultGcPolicies(given: GcBounds, disk: DiskFacts): readonly GcPolicy[] {
  const isGiven = [given.reservedSpace, given.maxUsedSpace, given.minFreeSpace].some((space) => space !== undefined)
  const bounds = isGiven ? given : { reservedSpace: share(DEFAULT_RESERVED, disk), maxUsedSpace: share(DEFAULT_MAX_USED, disk), minFreeSpace: DEFAULT_MIN_FREE }
  const rule = { all: false, filters: [], keepMs: 0, ...bounds }
  return [
    { ...rule, filters: ['type==source.local', 'type==exec.cachemount', 'type==source.git.checkout'], keepMs: 48 * HOUR_MS, reservedSpace: undefined, minFreeSpace: undefined, maxUsedSpace: { kind: 'bytes', sizeBytes: 512e6 } },
    { ...rule, keepMs: 60 * 24 * HOUR_MS },
    rule,
    { ...rule, all: true },
  ]
}

function share({ percent, atMost }: { readonly percent: number; readonly atMost: number }, disk: DiskFacts): DiskSpace {
  return { kind: 'bytes', sizeBytes: Math.min(atMost, toBytes({ kind: 'percent', percent }, disk)) }
}
