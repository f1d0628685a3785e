import type { Digest } from '../../ground/digest.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import { mapLimited, type Limit } from '../../kit/limit.ts'
import type { Registry, Repository } from '../registry.ts'
import type { PlacedBlobs } from '../registryBlobs.ts'
import type { ReadDocument } from './readDocuments.ts'

export interface Presence {
  readonly documents: readonly ReadDocument[]
  readonly from: PlacedBlobs
  readonly target: Repository
  readonly limit: Limit
}

/**
 * What need not be sent: documents that came from the target itself, and manifests that it has; with their blobs, since a
 * registry takes no manifest without. An index may be there without all that it names, so its own documents are looked at.
 */
export async function findPresent(registry: Registry, { documents, from, target, limit }: Presence, signal: AbortSignal): Promise<ReadonlySet<Digest>> {
  const found = await mapLimited(documents, limit, async (document, inner) => ((await isPresent(document, inner)) ? [document.descriptor.digest, ...document.blobs] : []), signal)
  return new Set(found.flat())

  async function isPresent({ descriptor: { digest, mediaType } }: ReadDocument, inner: AbortSignal): Promise<boolean> {
    const place = from.placeOf(digest)?.repository
    if (place?.host === target.host && place.repository === target.repository) return true
    return !isIndexType(mediaType) && (await registry.hasManifest({ host: target.host, repository: target.repository }, digest, inner))
  }
}
