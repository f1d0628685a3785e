import { verifiedBytes } from '../content/verifiedBytes.ts'
import { BlobNotFoundError, type BlobReader } from '../content/contentStore.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { Digest } from '../ground/digest.ts'
import { isIndexType, isManifestType } from '../ground/oci/mediaType.ts'
import type { Reference } from '../ground/reference.ts'
import { parseIndex, parseManifest } from '../image/manifestJson.ts'
import type { Registry } from './registry.ts'

/**
 * What `root`, an image that stands at `reference`, leads to, read where it is: a manifest is asked for once, a layer
 * as often as it is read. A blob is known once the document that names it was read: read from the root on.
 */
export function createRegistryBlobs(registry: Registry, reference: Reference, root: Descriptor): BlobReader {
  const known = new Map<Digest, Descriptor>([[root.digest, root]])
  const documents = new Map<Digest, Promise<Uint8Array>>()
  const { host, repository } = reference

  async function fetchDocument(descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
    const bytes = await registry.fetchManifest({ host, repository, tag: undefined, digest: descriptor.digest }, descriptor, signal)
    for (const child of childrenOf(descriptor, bytes)) known.set(child.digest, child)
    return bytes
  }

  function readDocument(descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
    const begun = documents.get(descriptor.digest) ?? fetchDocument(descriptor, signal)
    documents.set(descriptor.digest, begun)
    begun.catch(() => documents.delete(descriptor.digest)) // so that the next one tries again
    return begun
  }

  return {
    async sizeBytes(digest, signal) {
      signal.throwIfAborted()
      return known.get(digest)?.sizeBytes
    },
    async *read(digest, offset, signal) {
      const descriptor = known.get(digest)
      if (descriptor === undefined) throw new BlobNotFoundError(digest)
      if (isDocument(descriptor)) {
        yield (await readDocument(descriptor, signal)).subarray(offset)
        return
      }
      const bytes = registry.readBlob({ host, repository }, descriptor, offset, signal)
      yield* offset === 0 ? verifiedBytes(digest, bytes) : bytes
    },
  }
}

function isDocument({ mediaType }: Descriptor): boolean {
  return isIndexType(mediaType) || isManifestType(mediaType)
}

function childrenOf({ mediaType }: Descriptor, bytes: Uint8Array): readonly Descriptor[] {
  if (isIndexType(mediaType)) return parseIndex(bytes, mediaType).manifests
  const { config, layers } = parseManifest(bytes, mediaType)
  return [config, ...layers]
}
