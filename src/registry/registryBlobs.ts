import { verifiedBytes } from '../content/verifiedBytes.ts'
import { BlobNotFoundError, type BlobReader } from '../content/contentStore.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { Digest } from '../ground/digest.ts'
import { isIndexType, isManifestType } from '../ground/oci/mediaType.ts'
import type { Reference } from '../ground/reference.ts'
import { parseIndex, parseManifest } from '../image/manifestJson.ts'
import type { Registry, Repository } from './registry.ts'

/**
 * What `root`, an image that stands at `reference`, leads to, read where it is: a manifest is asked for once, a layer
 * as often as it is read. A blob is known once the document that names it was read: read from the root on.
 */
export function createRegistryBlobs(registry: Registry, reference: Reference, root: Descriptor): BlobReader {
  return createPlacedBlobs(registry, [{ repository: reference, descriptor: root }])
}

/** A blob, and a repository that has it. */
export interface PlacedBlob {
  readonly repository: Repository
  readonly descriptor: Descriptor
}

/** As `createRegistryBlobs`, of images in several repositories. What two of them have is read from the first that named it. */
export interface PlacedBlobs extends BlobReader {
  /** Undefined where nothing that was read so far has named it. */
  placeOf(digest: Digest): PlacedBlob | undefined
}

export function createPlacedBlobs(registry: Registry, roots: readonly PlacedBlob[]): PlacedBlobs {
  const known = new Map<Digest, PlacedBlob>()
  const documents = new Map<Digest, Promise<Uint8Array>>()
  const learn = (place: PlacedBlob): void => void known.set(place.descriptor.digest, known.get(place.descriptor.digest) ?? place)
  roots.forEach(learn)

  async function fetchDocument({ repository, descriptor }: PlacedBlob, signal: AbortSignal): Promise<Uint8Array> {
    const bytes = await registry.fetchManifest({ host: repository.host, repository: repository.repository, tag: undefined, digest: descriptor.digest }, descriptor, signal)
    for (const child of childrenOf(descriptor, bytes)) learn({ repository, descriptor: child })
    return bytes
  }

  function readDocument(place: PlacedBlob, signal: AbortSignal): Promise<Uint8Array> {
    const { descriptor } = place
    const begun = documents.get(descriptor.digest) ?? fetchDocument(place, signal)
    documents.set(descriptor.digest, begun)
    begun.catch(() => documents.delete(descriptor.digest)) // so that the next one tries again
    return begun
  }

  return {
    async sizeBytes(digest, signal) {
      signal.throwIfAborted()
      return known.get(digest)?.descriptor.sizeBytes
    },
    async *read(digest, offset, signal) {
      const place = known.get(digest)
      if (place === undefined) throw new BlobNotFoundError(digest)
      if (isDocument(place.descriptor)) {
        yield (await readDocument(place, signal)).subarray(offset)
        return
      }
      const bytes = registry.readBlob({ host: place.repository.host, repository: place.repository.repository }, place.descriptor, offset, signal)
      yield* offset === 0 ? verifiedBytes(digest, bytes) : bytes
    },
    placeOf: (digest) => known.get(digest),
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
