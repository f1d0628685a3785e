import { variablesOf } from '../../project/compose/interpolation/templateVariables.ts'
import { ALL_STEPS } from '../../project/compose/loadProject.ts'
import type { CommandContext } from '../command.ts'
import { formatTable } from '../format/table.ts'
import type { ConfigFlags } from './configFlags.ts'
import { formatData } from './configText.ts'
import { openProject } from './openProject.ts'

/** The variables that the files of a project take: in Docker's table, or with Docker's names as YAML or JSON. */
export async function formatVariables(flags: ConfigFlags, context: CommandContext, signal: AbortSignal): Promise<string> {
  const steps = { ...ALL_STEPS, interpolates: false, normalizes: false, checksConsistency: false, readsServiceFiles: false, dropsUnused: false }
  const { model } = await openProject({ flags, steps }, context, signal)
  const variables = variablesOf(model)
  if (flags.format === 'json') {
    return formatData(Object.fromEntries(variables.map((one) => [one.name, { Name: one.name, DefaultValue: one.defaultValue, PresenceValue: one.alternateValue, Required: one.isRequired }])), 'json')
  }
  if (flags.format === 'yaml') {
    return formatData(Object.fromEntries(variables.map((one) => [one.name, { name: one.name, defaultvalue: one.defaultValue, presencevalue: one.alternateValue, required: one.isRequired }])), 'yaml')
  }
  return formatTable(['NAME', 'REQUIRED', 'DEFAULT VALUE', 'ALTERNATE VALUE'], variables.map((one) => [one.name, String(one.isRequired), one.defaultValue, one.alternateValue]))
}
