import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { parseRowFormat } from '../../format/rowFormat.ts'
import { formatTable } from '../../format/table.ts'

const HEADINGS = new Map([['Ref', 'BUILD ID'], ['CreatedAt', 'CREATED AT']])
const NAME_COLUMNS = 40

export const historyLs = defineCommand({
  usage: '[OPTIONS]',
  summary: 'List the builds that the engine remembers',
  flags: {
    filter: { kind: 'list', value: 'CONDITION', help: 'Only builds for which all hold: status=error, ref=ID, repository=URL, startedAt>24h, completedAt<TIME, duration>30s' },
    format: { kind: 'text', value: 'TEMPLATE', help: 'table, json, or a Go template for each build, with .Ref, .Name, .Status, .CreatedAt, .Duration' },
    'no-trunc': { kind: 'switch', help: 'Show names in full, and when a build began' },
  },
  operands: [0, 0],
  unsupported: ['local'],
  async run({ flags }, context, signal) {
    const format = parseRowFormat(flags.format, HEADINGS)
    const { formatBuildFilters } = await import('../../history/buildFilters.ts')
    const filters = formatBuildFilters(flags.filter)
    const [{ openEngine }, { queryBuilds }, { buildRow }] = await Promise.all([import('../../engine.ts'), import('../../history/queryBuilds.ts'), import('../../history/buildRow.ts')])
    await using engine = await openEngine(context, signal)
    const builds = await queryBuilds(engine, filters, signal)
    const rows = builds.map((build) => buildRow(build, { now: context.now(), nameColumns: flags['no-trunc'] ? Infinity : NAME_COLUMNS, isFull: flags['no-trunc'] || format.kind === 'json' }))
    context.stdout.write(format.kind === 'default' ? formatTable(['BUILD ID', 'NAME', 'STATUS', 'CREATED AT', 'DURATION'], rows.map(({ Ref, Name, Status, CreatedAt, Duration }) => [Ref, Name, Status, CreatedAt, Duration])) : format.apply(rows.map((row) => ({ ...row }))))
    return EXIT.done
  },
})
