import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { formatFilter, parseFilters } from '../../format/recordFilter.ts'
import { formatTable } from '../../format/table.ts'

export const du = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show what the build cache takes',
  flags: {
    filter: { kind: 'list', value: 'KEY=VALUE', help: 'Only records that match, such as type=exec.cachemount' },
    verbose: { kind: 'switch', help: 'Show everything of each record' },
  },
  operands: [0, 0],
  unsupported: ['format'],
  async run({ flags }, context, signal) {
    const { openEngine } = await import('../../engine.ts')
    const { describeRecord, describeRecordFully, summarize } = await import('../../format/usageRow.ts')
    await using engine = await openEngine(context, signal)
    const { record } = await engine.control.diskUsage({ filter: parseFilters(flags.filter).map(formatFilter) }, { signal })
    const records = record.toSorted((a, b) => Number(b.Size - a.Size))
    const list = flags.verbose
      ? records.map((one) => `${describeRecordFully(one)}\n\n`).join('')
      : formatTable(['ID', 'RECLAIMABLE', 'SIZE', 'LAST ACCESSED', 'DESCRIPTION'], records.map((one) => describeRecord(one, context.now())))
    context.stdout.write(`${list}${summarize(records)}\n`)
    return EXIT.done
  },
})
