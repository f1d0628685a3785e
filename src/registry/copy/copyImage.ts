import type { BlobReader } from '../../content/contentStore.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Reference } from '../../ground/reference.ts'
import type { Limit } from '../../kit/limit.ts'
import { pushImage } from '../push.ts'
import type { PushedImage } from '../pushedImage.ts'
import type { Registry, Repository } from '../registry.ts'
import type { PlacedBlobs } from '../registryBlobs.ts'
import type { OnTransfer, TransferProgress } from '../transfer.ts'
import { copyReferrers, type ArtifactCopy } from './copyReferrers.ts'
import { findPresent } from './findPresent.ts'
import { readDocuments } from './readDocuments.ts'
import { createSparingRegistry } from './sparingRegistry.ts'

/** An image of other repositories that is to stand in one more. */
export interface ImageCopy {
  readonly root: Descriptor
  /** The root's bytes where no registry has them yet: a new index. */
  readonly document: Uint8Array | undefined
  /** Where all else is. */
  readonly from: PlacedBlobs
  /** By digest where it has no tag. */
  readonly reference: Reference
  /** Of the same repository. */
  readonly otherTags: readonly string[]
  /** What the reference's tag must name still when it is moved; undefined where that does not matter. */
  readonly replaces: Digest | undefined
  /** Requests in flight. */
  readonly limit: Limit
  readonly onProgress: OnTransfer
}

/**
 * Copies an image from where its parts are: a blob of the same host is mounted, one of another is streamed from registry
 * to registry, each once; what is there already is not sent. What refers to a copied manifest, signatures and the like,
 * comes with it, and the tags come last: whoever sees one sees all. Idempotent.
 * @throws TagMovedError; RegistryError
 */
export async function copyImage(registry: Registry, copy: ImageCopy, signal: AbortSignal): Promise<PushedImage> {
  const { root, from, reference, otherTags, limit, onProgress } = copy
  const content = withDocument(copy)
  const documents = await readDocuments(content, root, limit, signal)
  const present = await findPresent(registry, { documents, from, target: reference, limit }, signal)
  const copyArtifact = (artifact: ArtifactCopy, inner: AbortSignal): Promise<unknown> => copyImage(registry, { ...artifact, otherTags: [], replaces: undefined, document: undefined, limit, onProgress }, inner)
  const warnings = await copyReferrers(registry, { documents, from, target: reference, limit, copyArtifact }, signal)
  const options = {
    reference,
    otherTags,
    limit,
    mountFrom: ({ digest }: Descriptor) => otherRepository(from.placeOf(digest)?.repository, reference),
    openMissing: () => undefined,
    onProgress: (progress: TransferProgress) => {
      if (!present.has(progress.id as Digest)) onProgress(progress) // what is there is not pushed
    },
  }
  const pushed = await pushImage({ registry: createSparingRegistry(registry, { present, reference, replaces: copy.replaces }), store: content }, root, options, signal)
  return { ...pushed, warnings: [...warnings, ...pushed.warnings] }
}

function withDocument({ root, document, from }: ImageCopy): BlobReader {
  if (document === undefined) return from
  return {
    sizeBytes: async (digest, signal) => (digest === root.digest ? document.byteLength : await from.sizeBytes(digest, signal)),
    async *read(digest, offset, signal) {
      if (digest === root.digest) yield document.subarray(offset)
      else yield* from.read(digest, offset, signal)
    },
  }
}

/** Another repository of the target's own host, where a blob can be mounted from. */
function otherRepository(source: Repository | undefined, target: Repository): Repository | undefined {
  return source?.host === target.host && source.repository !== target.repository ? source : undefined
}
