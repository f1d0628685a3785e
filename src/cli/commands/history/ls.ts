import { NODE_FLAGS } from '../../builders/nodes/nodeFlags.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { parseRowFormat } from '../../format/rowFormat.ts'
import { formatTable } from '../../format/table.ts'

const HEADINGS = new Map([['Ref', 'BUILD ID'], ['CreatedAt', 'CREATED AT']])
const COLUMNS = [['BUILD ID', 'Ref'], ['NAME', 'Name'], ['STATUS', 'Status'], ['CREATED AT', 'CreatedAt'], ['DURATION', 'Duration']] as const
const NAME_COLUMNS = 40

export const historyLs = defineCommand({
  usage: '[OPTIONS]',
  summary: 'List the builds that the engines of the builder remember',
  flags: {
    filter: { kind: 'list', value: 'CONDITION', help: 'Only builds for which all hold: status=error, ref=ID, repository=URL, startedAt>24h, completedAt<TIME, duration>30s' },
    format: { kind: 'text', value: 'TEMPLATE', help: 'table, json, or a Go template for each build, with .Ref, .Name, .Status, .CreatedAt, .Duration, .Node' },
    'no-trunc': { kind: 'switch', help: 'Show names in full, and when a build began' },
    ...NODE_FLAGS,
  },
  operands: [0, 0],
  unsupported: ['local'],
  async run({ flags }, context, signal) {
    const format = parseRowFormat(flags.format, HEADINGS)
    const { formatBuildFilters } = await import('../../history/buildFilters.ts')
    const filters = formatBuildFilters(flags.filter)
    const [{ openNodes }, { queryNodeBuilds }, { buildRow }] = await Promise.all([import('../../builders/nodes/openNodes.ts'), import('../../history/queryBuilds.ts'), import('../../history/buildRow.ts')])
    await using nodes = await openNodes(flags, context, signal)
    const view = { now: context.now(), nameColumns: flags['no-trunc'] ? Infinity : NAME_COLUMNS, isFull: flags['no-trunc'] || format.kind === 'json' }
    const rows = (await queryNodeBuilds(nodes, filters, signal)).map((build) => ({ ...buildRow(build, view), Node: build.node.name }))
    const columns = nodes.areNamed ? [...COLUMNS, ['NODE', 'Node'] as const] : COLUMNS
    context.stdout.write(format.kind === 'default' ? formatTable(columns.map(([heading]) => heading), rows.map((row) => columns.map(([, field]) => row[field]))) : format.apply(rows))
    nodes.finish()
    return EXIT.done
  },
})
