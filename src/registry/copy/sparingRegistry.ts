import type { Digest } from '../../ground/digest.ts'
import type { Reference } from '../../ground/reference.ts'
import type { Registry } from '../registry.ts'
import { ImageNotFoundError, TagMovedError } from '../registryError.ts'

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
      if (replaces !== undefined && to.tag !== undefined && to.tag === reference.tag) await assertNames(registry, reference, replaces, signal)
      await registry.pushManifest(to, mediaType, bytes, signal)
    },
  }
}

async function assertNames(registry: Registry, reference: Reference, expected: Digest, signal: AbortSignal): Promise<void> {
  const current = await currentDigest(registry, reference, signal)
  if (current !== expected) throw new TagMovedError(reference, expected, current)
}

async function currentDigest(registry: Registry, reference: Reference, signal: AbortSignal): Promise<Digest | undefined> {
  try {
    return (await registry.resolve({ ...reference, digest: undefined }, signal)).digest
  } catch (error) {
    if (error instanceof ImageNotFoundError) return undefined
    throw error
  }
}
