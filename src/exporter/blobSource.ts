import { BlobNotFoundError, type BlobReader, type ContentStore } from '../content/contentStore.ts'
import { parseRepository, type Registry } from '../registry/registry.ts'
import type { LayerBlob } from '../snapshot/snapshotStore.ts'

/** Layers' bytes, wherever they are: in the content store, else in the registry or the cache they were found in. */
export interface BlobSource {
  /** The caller verifies a blob that does not come from the store. @throws BlobNotFoundError; RegistryError */
  read(blob: Pick<LayerBlob, 'descriptor' | 'repository'>, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Whether `read` would know where to look. */
  isReachable(blob: LayerBlob, signal: AbortSignal): Promise<boolean>
}

/** `found` are those of caches that are no registries. */
export function createBlobSource(content: ContentStore, registry: Registry, found: BlobReader = NO_BLOBS): BlobSource {
  return {
    async *read({ descriptor, repository }, signal) {
      if ((await content.sizeBytes(descriptor.digest, signal)) !== undefined) yield* content.read(descriptor.digest, 0, signal)
      else if (repository === undefined) yield* found.read(descriptor.digest, 0, signal)
      else yield* registry.readBlob(parseRepository(repository), descriptor, 0, signal)
    },
    async isReachable({ descriptor, repository }, signal) {
      return repository !== undefined || (await content.sizeBytes(descriptor.digest, signal)) !== undefined || (await found.sizeBytes(descriptor.digest, signal)) !== undefined
    },
  }
}

const NO_BLOBS: BlobReader = {
  sizeBytes: () => Promise.resolve(undefined),
  read(digest) {
    throw new BlobNotFoundError(digest)
  },
}
