import type { UsageRecord } from '../../../api/gen/control_pb.ts'
import { NODE_FLAGS } from '../../builders/nodes/nodeFlags.ts'
import type { NodeEngine } from '../../builders/nodes/openNodes.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { formatFilter, parseFilters } from '../../format/recordFilter.ts'
import { parseRowFormat } from '../../format/rowFormat.ts'

const HEADINGS = new Map([['LastUsedAt', 'LAST ACCESSED']])

export const du = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show what the build cache takes, on each node of the builder',
  flags: {
    filter: { kind: 'list', value: 'KEY=VALUE', help: 'Only records that match, such as type=exec.cachemount' },
    format: { kind: 'text', value: 'TEMPLATE', help: 'pretty, json, or a Go template for each record, with .ID, .Size, .Reclaimable, .LastUsedAt, .Type, .Description, .Node' },
    ...NODE_FLAGS,
    verbose: { kind: 'switch', help: 'Show everything of each record: --format pretty' },
  },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const isFull = flags.verbose || flags.format === 'pretty'
    const format = parseRowFormat(flags.format === 'pretty' ? undefined : flags.format, HEADINGS)
    const { openNodes } = await import('../../builders/nodes/openNodes.ts')
    const { formatUsage, formatUsageOfNodes } = await import('../../format/usageList.ts')
    const { usageFields } = await import('../../format/usageRow.ts')
    const filter = parseFilters(flags.filter).map(formatFilter)
    await using nodes = await openNodes(flags, context, signal)
    const view = { isFull, now: context.now() }
    const usages = await Promise.all(nodes.engines.map(async ({ node, engine }) => ({ node, records: await readRecords(engine, filter, signal) })))
    if (format.kind !== 'default') context.stdout.write(format.apply(usages.flatMap(({ node, records }) => records.map((record) => usageFields(record, node.name, view.now)))))
    else context.stdout.write(nodes.areNamed ? formatUsageOfNodes(usages, view) : usages.map(({ records }) => formatUsage(records, view)).join(''))
    nodes.finish()
    return EXIT.done
  },
})

/** The largest first. */
async function readRecords({ control }: NodeEngine['engine'], filter: string[], signal: AbortSignal): Promise<readonly UsageRecord[]> {
  const { record } = await control.diskUsage({ filter }, { signal })
  return record.toSorted((a, b) => Number(b.Size - a.Size))
}
