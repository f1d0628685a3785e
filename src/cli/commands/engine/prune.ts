import { defineCommand } from '../../command.ts'
import { confirm } from '../../confirm.ts'
import { EXIT } from '../../exitCode.ts'
import { parseByteSize } from '../../format/byteSize.ts'
import { parseDurationNs } from '../../../ground/quantity/duration.ts'
import { formatFilter, parseFilters } from '../../format/recordFilter.ts'

export const prune = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove build cache',
  flags: {
    all: { kind: 'switch', short: 'a', help: 'Also what images and recent builds are made of' },
    filter: { kind: 'list', value: 'KEY=VALUE', help: 'Only records that match: until=24h, type=exec.cachemount, id=…' },
    force: { kind: 'switch', short: 'f', help: 'Do not ask' },
    'max-used-space': { kind: 'text', value: 'BYTES', help: 'Keep as much as fits' },
    'min-free-space': { kind: 'text', value: 'BYTES', help: 'Remove no more than leaves as much free on the disk' },
    'reserved-space': { kind: 'text', value: 'BYTES', help: 'Always keep as much' },
    verbose: { kind: 'switch', help: 'Show everything of each record' },
  },
  operands: [0, 0],
  unsupported: ['keep-storage'],
  async run({ flags }, context, signal) {
    const size = (name: 'max-used-space' | 'min-free-space' | 'reserved-space'): bigint => BigInt(flags[name] === undefined ? 0 : parseByteSize(flags[name], `--${name}`))
    const { keepDuration, filter } = splitFilters(flags.filter)
    const request = { all: flags.all, filter, keepDuration, maxUsedSpace: size('max-used-space'), minFreeSpace: size('min-free-space'), reservedSpace: size('reserved-space') }
    if (!flags.force && !(await confirm('Remove build cache that nothing uses?', context, signal))) return EXIT.failed
    const { openEngine } = await import('../../engine.ts')
    const { describeRecord, describeRecordFully } = await import('../../format/usageRow.ts')
    const { formatBytes } = await import('../../render/measure.ts')
    await using engine = await openEngine(context, signal)
    let totalBytes = 0
    for await (const record of engine.control.prune(request, { signal })) {
      totalBytes += Number(record.Size)
      const line = flags.verbose ? `${describeRecordFully(record)}\n` : describeRecord(record, context.now()).slice(0, 3).filter((_, column) => column !== 1).join('\t')
      context.stdout.write(`${line}\n`)
    }
    context.stdout.write(`Total: ${formatBytes(totalBytes)}\n`)
    return EXIT.done
  },
})

/** BuildKit has the age in a field of its own. */
function splitFilters(texts: readonly string[]): { readonly keepDuration: bigint; readonly filter: string[] } {
  const filters = parseFilters(texts)
  const until = filters.findLast(({ key }) => key === 'until')
  return { keepDuration: until === undefined ? 0n : parseDurationNs(until.value), filter: filters.filter(({ key }) => key !== 'until').map(formatFilter) }
}
