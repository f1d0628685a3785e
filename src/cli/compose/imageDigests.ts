import { formatReference, parseReference } from '../../ground/reference.ts'
import { type ComposeProject, servicesOf } from '../../project/compose/composeProject.ts'
import { changeServices } from '../../project/compose/model/serviceEnvironment.ts'
import { scalar, textAt, withEntry } from '../../project/compose/yaml/node.ts'
import { openRegistry } from '../registry/registryAccess.ts'
import type { CommandContext } from '../command.ts'
import { type ConfigFormat, formatData } from './configText.ts'

/** `project` with the digest in the name of each service's image, as the registry has it now. @throws RegistryError */
export async function withPinnedImages(project: ComposeProject, context: CommandContext, signal: AbortSignal): Promise<ComposeProject> {
  const pinned = await pinnedImages(project, context, signal)
  const model = changeServices(project.model, (service, name) => {
    const image = pinned.get(name)
    return image === undefined ? service : withEntry(service, 'image', scalar(image, service.place))
  })
  return { ...project, model }
}

/** An override file with nothing but the pinned images. @throws RegistryError */
export async function formatLock(project: ComposeProject, format: ConfigFormat, context: CommandContext, signal: AbortSignal): Promise<string> {
  const pinned = await pinnedImages(project, context, signal)
  return formatData({ services: Object.fromEntries([...pinned].map(([name, image]) => [name, { image }])) }, format)
}

/** By service; equal names are asked for once, one after the other: a project has few. */
async function pinnedImages(project: ComposeProject, context: CommandContext, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  await using registry = await openRegistry(context)
  const known = new Map<string, string>()
  const pinned = new Map<string, string>()
  for (const [name, service] of servicesOf(project)) {
    const image = textAt(service, 'image')
    if (image === undefined) continue
    const reference = parseReference(image)
    const found = known.get(image) ?? formatReference(reference.digest === undefined ? { ...reference, digest: (await registry.resolve(reference, signal)).digest } : reference)
    known.set(image, found)
    pinned.set(name, found)
  }
  return pinned
}
