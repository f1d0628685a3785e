import { NODE_FLAGS } from '../../builders/nodes/nodeFlags.ts'
import { defineCommand } from '../../command.ts'
import { confirm } from '../../confirm.ts'
import { EXIT } from '../../exitCode.ts'
import { parseByteSize } from '../../format/byteSize.ts'
import { parseDurationNs } from '../../../ground/quantity/duration.ts'
import { formatFilter, parseFilters } from '../../format/recordFilter.ts'

export const prune = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove build cache, on each node of the builder',
  flags: {
    all: { kind: 'switch', short: 'a', help: 'Also what images and recent builds are made of' },
    filter: { kind: 'list', value: 'KEY=VALUE', help: 'Only records that match: until=24h, type=exec.cachemount, id=…' },
    force: { kind: 'switch', short: 'f', help: 'Do not ask' },
    'keep-storage': { kind: 'text', value: 'BYTES', help: 'The same as --reserved-space' },
    'max-used-space': { kind: 'text', value: 'BYTES', help: 'Keep as much as fits' },
    'min-free-space': { kind: 'text', value: 'BYTES', help: 'Remove no more than leaves as much free on the disk' },
    ...NODE_FLAGS,
    'reserved-space': { kind: 'text', value: 'BYTES', help: 'Always keep as much' },
    verbose: { kind: 'switch', help: 'Show everything of each record' },
  },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const size = (name: 'keep-storage' | 'max-used-space' | 'min-free-space' | 'reserved-space'): bigint => BigInt(flags[name] === undefined ? 0 : parseByteSize(flags[name], `--${name}`))
    const { keepDuration, filter } = splitFilters(flags.filter)
    const request = { all: flags.all, filter, keepDuration, maxUsedSpace: size('max-used-space'), minFreeSpace: size('min-free-space'), reservedSpace: size(flags['reserved-space'] === undefined ? 'keep-storage' : 'reserved-space') }
    if (!flags.force && !(await confirm('Remove build cache that nothing uses?', context, signal))) return EXIT.failed
    const { openNodes } = await import('../../builders/nodes/openNodes.ts')
    const { pruneNode } = await import('../../builders/nodes/pruneNode.ts')
    const { formatBytes } = await import('../../render/measure.ts')
    await using nodes = await openNodes(flags, context, signal)
    const view = { isFull: flags.verbose, isNamed: nodes.areNamed, now: context.now(), stdout: context.stdout }
    const totals = await Promise.all(nodes.engines.map(async (one) => ({ node: one.node, bytes: await pruneNode(one, request, view, signal) })))
    if (nodes.areNamed) for (const { node, bytes } of totals) context.stdout.write(`Node ${node.name}: ${formatBytes(bytes)}\n`)
    context.stdout.write(`Total: ${formatBytes(totals.reduce((sum, { bytes }) => sum + bytes, 0))}\n`)
    nodes.finish()
    return EXIT.done
  },
})

/** BuildKit has the age in a field of its own. */
function splitFilters(texts: readonly string[]): { readonly keepDuration: bigint; readonly filter: string[] } {
  const filters = parseFilters(texts)
  const until = filters.findLast(({ key }) => key === 'until')
  return { keepDuration: until === undefined ? 0n : parseDurationNs(until.value), filter: filters.filter(({ key }) => key !== 'until').map(formatFilter) }
}
