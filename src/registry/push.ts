import { BlobNotFoundError } from '../content/contentStore.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import { formatRepository, type Reference } from '../ground/reference.ts'
import { mapLimited, type Limit } from '../kit/limit.ts'
import type { ImageDocument, ImageTree } from './internal/imageTree.ts'
import { readTree } from './internal/imageTree.ts'
import { pushInTakenForm } from './internal/pushForm.ts'
import type { PushedImage } from './pushedImage.ts'
import type { Repository, UploadBlob, UploadOutcome } from './registry.ts'
import type { OnTransfer, TransferEnds } from './transfer.ts'

export interface PushOptions {
  /** Tags of the same repository that the image gets, beside the reference's own. */
  readonly otherTags: readonly string[]
  /** Blobs in flight. */
  readonly limit: Limit
  /** Another repository, of the same host, that may have the blob: then its bytes need not be sent. */
  readonly mountFrom: (blob: Descriptor) => Repository | undefined
  /** The bytes of a blob that is not in the store, such as a base image's layer that was never pulled; undefined where there are none. */
  readonly openMissing: (blob: Descriptor, signal: AbortSignal) => AsyncIterable<Uint8Array> | undefined
  readonly onProgress: OnTransfer
  /** Ends what was begun for the blob before; undefined where it is to be pushed as any other. */
  readonly finishBegun?: (blob: Pick<UploadBlob, 'descriptor' | 'onProgress'>) => Promise<UploadOutcome | undefined>
}

/**
 * Pushes `root` and all it names under `reference`: blobs, then manifests, then indexes, so that nobody sees an image
 * that is not whole. Idempotent: what the registry has is not sent. Where the registry refuses attestations they are
 * left out, where it refuses OCI's media types, Docker's are pushed.
 * @throws BlobNotFoundError; MultiPlatformRefusedError; RegistryError
 */
export async function pushImage(ends: TransferEnds, root: Descriptor, { reference, ...options }: PushOptions & { readonly reference: Reference }, signal: AbortSignal): Promise<PushedImage> {
  const tree = await readTree(ends.store, root, signal)
  await mapLimited([...tree.blobs.values()], options.limit, (blob, inner) => pushBlob(ends, reference, { blob, options }, inner), signal)
  return await pushInTakenForm({ tree, reference, lessons: ends.registry.lessons, repository: formatRepository(reference) }, (formed) => pushDocuments(ends, formed, { reference, options }, signal))
}

interface BlobPush {
  readonly blob: Descriptor
  readonly options: PushOptions
}

const OUTCOME_ACTIONS: Readonly<Record<UploadOutcome, string>> = { uploaded: 'pushed', mounted: 'mounted', present: 'already there' }

async function pushBlob({ registry, store }: TransferEnds, repository: Repository, { blob, options }: BlobPush, signal: AbortSignal): Promise<void> {
  const { digest, sizeBytes } = blob
  const isHere = (await store.sizeBytes(digest, signal)) !== undefined
  const upload: UploadBlob = {
    descriptor: blob,
    mountFrom: options.mountFrom(blob),
    open: () => {
      const bytes = isHere ? store.read(digest, 0, signal) : options.openMissing(blob, signal)
      if (bytes === undefined) throw new BlobNotFoundError(digest)
      return bytes
    },
    onProgress: (currentBytes) => options.onProgress({ id: digest, action: 'pushing', currentBytes, totalBytes: sizeBytes, state: 'running' }),
  }
  const outcome = (await options.finishBegun?.(upload)) ?? (await registry.pushBlob({ host: repository.host, repository: repository.repository }, upload, signal))
  options.onProgress({ id: digest, action: OUTCOME_ACTIONS[outcome], currentBytes: sizeBytes, totalBytes: sizeBytes, state: 'done' })
}

interface DocumentPush {
  readonly reference: Reference
  readonly options: PushOptions
}

async function pushDocuments(ends: TransferEnds, { root, manifests, indexes }: ImageTree, push: DocumentPush, signal: AbortSignal): Promise<void> {
  const put = (document: ImageDocument, inner: AbortSignal): Promise<void> => pushDocument(ends, root, { document, ...push }, inner)
  await mapLimited([...manifests.values()], push.options.limit, put, signal)
  for (const index of indexes.values()) await put(index, signal)
}

/** The root goes under its tags, all else, and a root that has none, by digest. */
async function pushDocument({ registry }: TransferEnds, root: Descriptor, { document, reference, options }: DocumentPush & { readonly document: ImageDocument }, signal: AbortSignal): Promise<void> {
  const { digest, mediaType, sizeBytes } = document.descriptor
  const tags = digest === root.digest ? [...(reference.tag === undefined ? [] : [reference.tag]), ...options.otherTags] : []
  const names = tags.length === 0 ? [undefined] : tags
  for (const tag of names) await registry.pushManifest({ ...reference, tag, digest }, mediaType, document.bytes, signal)
  options.onProgress({ id: digest, action: 'pushed', currentBytes: sizeBytes, totalBytes: sizeBytes, state: 'done' })
}
