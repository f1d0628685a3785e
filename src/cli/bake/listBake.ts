import type { BakeDefinition } from '../../project/bake/bakeDefinition.ts'
import { formatTargetList, formatVariableList, listTargets } from '../../project/bake/listDefinition.ts'
import { splitCsv, splitKeyValue } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'
import { formatTable } from '../format/table.ts'

/** What `--list` asks for. */
export interface ListRequest {
  readonly type: 'targets' | 'variables'
  readonly format: 'table' | 'json'
}

/** `targets`, or `type=variables,format=json`. @throws UsageError */
export function parseListRequest(text: string): ListRequest {
  const fields = new Map(
    splitCsv(text).map((field, _, all) => {
      const { key, value } = splitKeyValue(field)
      if (value === undefined && all.length === 1) return ['type', field] as const
      if (value === undefined || !['type', 'format'].includes(key.trim().toLowerCase())) throw new UsageError(`invalid --list ${JSON.stringify(text)}: ${JSON.stringify(field)} is neither type=… nor format=…`, { hint: HINT })
      return [key.trim().toLowerCase(), value] as const
    }),
  )
  const type = (['targets', 'variables'] as const).find((one) => one === fields.get('type'))
  if (type === undefined) throw new UsageError(`invalid list type ${JSON.stringify(fields.get('type') ?? '')}`, { hint: HINT })
  const format = (['table', 'json'] as const).find((one) => one === (fields.get('format') ?? 'table'))
  if (format === undefined) throw new UsageError(`invalid list format ${JSON.stringify(fields.get('format') ?? '')}`, { hint: HINT })
  return { type, format }
}

const HINT = 'write --list targets, --list variables, or --list type=targets,format=json'

export function formatList(definition: BakeDefinition, { type, format }: ListRequest): string {
  if (format === 'json') return `${type === 'targets' ? formatTargetList(listTargets(definition)) : formatVariableList(definition)}\n`
  if (type === 'targets') return formatTable(['TARGET', 'DESCRIPTION'], listTargets(definition).map(({ name, description }) => [name, description]))
  return formatTable(['VARIABLE', 'TYPE', 'VALUE', 'DESCRIPTION'], definition.variables.map((variable) => [variable.name, variable.type, variable.value ?? '<null>', variable.description]))
}
