import type { BlobReader } from '../../content/contentStore.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { isForeignLayer, isIndexType } from '../../ground/oci/mediaType.ts'
import { parseIndex, parseManifest } from '../../image/manifestJson.ts'
import { readDocument } from '../transfer.ts'

/** All of an image, by what must be there before what. */
export interface ImageTree {
  /** Its media type is the one the document names itself, whatever it came as. */
  readonly root: Descriptor
  /** Configs and layers, each once. */
  readonly blobs: ReadonlyMap<Digest, Descriptor>
  readonly manifests: ReadonlyMap<Digest, ImageDocument>
  /** Inner ones first; the root is the last where it is an index. */
  readonly indexes: ReadonlyMap<Digest, ImageDocument>
}

/** A manifest or an index. */
export interface ImageDocument {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** @throws BlobNotFoundError; ImageInvalidError */
export async function readTree(store: Pick<BlobReader, 'read'>, root: Descriptor, signal: AbortSignal): Promise<ImageTree> {
  const blobs = new Map<Digest, Descriptor>()
  const manifests = new Map<Digest, ImageDocument>()
  const indexes = new Map<Digest, ImageDocument>()
  const visit = async (descriptor: Descriptor): Promise<Descriptor> => {
    const bytes = await readDocument(store, descriptor, signal)
    if (isIndexType(descriptor.mediaType)) {
      const index = parseIndex(bytes, descriptor.mediaType)
      for (const child of index.manifests) await visit(child)
      const own = { ...descriptor, mediaType: index.mediaType }
      indexes.set(descriptor.digest, { descriptor: own, bytes })
      return own
    }
    const { config, layers, mediaType } = parseManifest(bytes, descriptor.mediaType)
    const pushed = [config, ...layers.filter((layer) => !isForeignLayer(layer.mediaType))]
    for (const blob of pushed) blobs.set(blob.digest, blob)
    const own = { ...descriptor, mediaType }
    manifests.set(descriptor.digest, { descriptor: own, bytes })
    return own
  }
  return { root: await visit(root), blobs, manifests, indexes }
}
