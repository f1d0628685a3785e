import { BlobNotFoundError, type BlobReader } from '../../content/contentStore.ts'
import type { Digest } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { readSmallBlob } from '../../image/imageView.ts'
import { MAX_MANIFEST_BYTES, mediaTypeOf } from '../../image/manifestJson.ts'
import { readFoundCaches } from './foundCache.ts'
import type { PlacedCache } from './importCaches.ts'
import { createLayerPlace, type PlaceImportDeps } from './placeImports.ts'

/** The caches behind a manifest in a folder of the client's, which is to be open as long as they are used. @throws BlobNotFoundError; ImageInvalidError; what `store` throws */
export async function readFolderCaches(store: BlobReader, digest: Digest, deps: PlaceImportDeps, signal: AbortSignal): Promise<readonly PlacedCache[]> {
  const place = createLayerPlace(store, deps)
  const root = await describeRoot(store, digest, signal)
  return (await readFoundCaches(store, root, signal)).map((cache) => ({ ...cache, place }))
}

/** Of a document of which nothing but its digest is told. */
async function describeRoot(store: BlobReader, digest: Digest, signal: AbortSignal): Promise<Descriptor> {
  const sizeBytes = await store.sizeBytes(digest, signal)
  if (sizeBytes === undefined) throw new BlobNotFoundError(digest)
  const bytes = await readSmallBlob(store, describeBlob('', digest, sizeBytes), MAX_MANIFEST_BYTES, signal)
  return describeBlob(mediaTypeOf(bytes, 'cache manifest'), digest, sizeBytes)
}
