import { BuildError } from '../../ground/errors.ts'
import { formatReference, type Reference } from '../../ground/reference.ts'
import { createLimit, mapLimited } from '../../kit/limit.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import type { CommandContext } from '../command.ts'
import { openRegistry } from '../registry/registryAccess.ts'
import { fetchListed } from './fetchListed.ts'
import { openManifestLists } from './openManifestLists.ts'

export interface ListCreation {
  readonly list: Reference
  readonly manifests: readonly Reference[]
  readonly isAmended: boolean
  readonly isInsecure: boolean
}

export class ListExistsError extends BuildError {
  readonly kind = 'conflict'
}

const LOOKUPS = 4

/** All of them or, where one is missing, none. What an amended list has already stays as it was annotated. @throws ListExistsError; NotOnePlatformError; RegistryError */
export async function createList({ list, manifests, isAmended, isInsecure }: ListCreation, context: CommandContext, signal: AbortSignal): Promise<void> {
  const lists = openManifestLists(context)
  if (!isAmended && (await lists.read(list)) !== undefined) {
    throw new ListExistsError(`there is a manifest list ${formatReference(list)} already`, { hint: `add to it with --amend, or remove it: pelago manifest rm ${formatReference(list)}` })
  }
  await using registry = await openRegistry(withInsecureRegistries(context, isInsecure ? manifests.map(({ host }) => host) : []))
  const found = await mapLimited(manifests, createLimit(LOOKUPS), async (reference, inner) => (await lists.find(list, reference)) ?? (await fetchListed(registry, reference, inner)), signal)
  for (const manifest of found) await lists.put(list, manifest)
}
