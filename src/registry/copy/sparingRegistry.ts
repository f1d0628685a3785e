import type { Digest } from '../../ground/digest.ts'
import type { Reference } from '../../ground/reference.ts'
import type { Registry } from '../registry.ts'

export interface Sparing {
  /** Blobs and documents that the target has. */
  readonly present: ReadonlySet<Digest>
  readonly reference: Reference
  readonly replaces: Digest | undefined
}

/** A registry to which nothing is sent that it has, and whose tag is moved only from what it is thought to name. */
export function createSparingRegistry(registry: Registry, { present, reference, replaces }: Sparing): Registry {
  return {
    ...registry,
    pushBlob: async (repository, blob, signal) => (present.has(blob.descriptor.digest) ? 'present' : await registry.pushBlob(repository, blob, signal)),
    async pushManifest(to, mediaType, bytes, signal) {
      if (to.tag === undefined && to.digest !== undefined && present.has(to.digest)) return
      if (replaces !== undefined && to.tag !== undefined && to.tag === reference.tag) await registry.replaceManifest(to, { mediaType, bytes, replaces }, signal)
      else await registry.pushManifest(to, mediaType, bytes, signal)
    },
  }
}
