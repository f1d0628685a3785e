import { formatFamiliar, type Reference } from '../../ground/reference.ts'
import type { ListedManifest } from './listedManifest.ts'
import { ListNotFoundError, type ManifestLists } from './manifestLists.ts'

/** One image of a list. @throws ListNotFoundError, which says what the list has */
export async function requireListed(lists: ManifestLists, list: Reference, manifest: Reference): Promise<ListedManifest> {
  const found = await lists.find(list, manifest)
  if (found !== undefined) return found
  const there = await lists.require(list)
  throw new ListNotFoundError(`${formatFamiliar(manifest)} is not in the manifest list ${formatFamiliar(list)}`, { hint: `it has ${there.map(({ reference }) => formatFamiliar(reference)).join(', ')}` })
}
