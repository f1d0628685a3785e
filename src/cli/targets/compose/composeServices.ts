import { type ComposeProject, servicesOf } from '../../../project/compose/composeProject.ts'
import type { Node } from '../../../project/compose/yaml/node.ts'
import type { CommandContext } from '../../command.ts'
import type { ComposeFlags } from '../../compose/composeFlags.ts'
import { openProject } from '../../compose/openProject.ts'

export interface NamedServices {
  readonly project: ComposeProject
  /** In the project's order. */
  readonly services: ReadonlyMap<string, Node>
}

/** The services that are named, whatever their profiles, all that are enabled where none is; perhaps with what they depend on. @throws InvalidValueError for a name that is none */
export async function findServices(flags: ComposeFlags, names: readonly string[], withDependencies: boolean, { context, signal }: { readonly context: CommandContext; readonly signal: AbortSignal }): Promise<NamedServices> {
  const whole = await openProject({ flags }, context, signal)
  if (names.length === 0) return { project: whole, services: servicesOf(whole) }
  const known = servicesOf(whole)
  const project = names.every((name) => known.has(name)) ? whole : await openProject({ flags: { ...flags, profile: ['*'] } }, context, signal)
  const selected = servicesOf(await openProject({ flags, services: names }, { ...context, stderr: context.stderr }, signal))
  const services = new Map([...selected].filter(([name]) => withDependencies || names.includes(name)))
  return { project, services }
}
