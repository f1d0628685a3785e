import type { UsageRecord } from '../../api/gen/control_pb.ts'
import type { BuilderNode } from '../../driver/builders/builder.ts'
import { formatTable } from './table.ts'
import { describeRecord, describeRecordFully, summarize } from './usageRow.ts'

export interface UsageView {
  /** Everything of each record, rather than a line. */
  readonly isFull: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The records of a cache, and their sum. */
export function formatUsage(records: readonly UsageRecord[], { isFull, now }: UsageView): string {
  const list = isFull
    ? records.map((one) => `${describeRecordFully(one)}\n\n`).join('')
    : formatTable(['ID', 'RECLAIMABLE', 'SIZE', 'LAST ACCESSED', 'DESCRIPTION'], records.map((one) => describeRecord(one, now)))
  return `${list}${summarize(records)}\n`
}

export interface NodeUsage {
  readonly node: Pick<BuilderNode, 'name' | 'endpoint'>
  readonly records: readonly UsageRecord[]
}

/** Each node's under its name, then the sum of all. */
export function formatUsageOfNodes(usages: readonly NodeUsage[], view: UsageView): string {
  const each = usages.map(({ node: { name, endpoint }, records }) => `Node ${name} (${endpoint}):\n${formatUsage(records, view)}\n`)
  return `${each.join('')}${usages.length} ${usages.length === 1 ? 'node' : 'nodes'}:\n${summarize(usages.flatMap(({ records }) => records))}\n`
}
