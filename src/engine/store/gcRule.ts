import { toBytes, type DiskFacts } from '../config/diskSpace.ts'
import type { GcPolicy } from '../config/gcPolicy.ts'
import type { PruneOptions } from './cachePrune.ts'
import type { SpaceBounds } from './spaceBudget.ts'
import { parseRecordFilter } from './usageRecord.ts'

/** A rule of the garbage collection, with sizes of this disk. */
export interface GcRule {
  readonly all: boolean
  readonly keepMs: number
  readonly filters: readonly string[]
  readonly bounds: SpaceBounds
}

export function resolveRules(policies: readonly GcPolicy[], disk: DiskFacts): readonly GcRule[] {
  return policies.map(({ all, keepMs, filters, reservedSpace, maxUsedSpace, minFreeSpace }) => ({
    all,
    keepMs,
    filters,
    bounds: { reservedBytes: toBytes(reservedSpace, disk), maxUsedBytes: toBytes(maxUsedSpace, disk), minFreeBytes: toBytes(minFreeSpace, disk) },
  }))
}

/** @throws InvalidValueError on a filter that is none */
export function toPrune({ all, keepMs, filters, bounds }: GcRule): PruneOptions {
  return { all, keepMs, filter: parseRecordFilter(filters), bounds }
}
