import { BlobNotFoundError } from '../content/contentStore.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { Digest } from '../ground/digest.ts'
import { isForeignLayer, isIndexType } from '../ground/oci/mediaType.ts'
import type { Reference } from '../ground/reference.ts'
import { parseIndex, parseManifest } from '../image/manifestJson.ts'
import { mapLimited, type Limit } from '../kit/limit.ts'
import type { Repository, UploadOutcome } from './registry.ts'
import { readDocument, type OnTransfer, type TransferEnds } from './transfer.ts'

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
}

/** All of an image, by what must be there before what. */
interface ImageTree {
  /** Configs and layers, each once. */
  readonly blobs: ReadonlyMap<Digest, Descriptor>
  readonly manifests: ReadonlyMap<Digest, Document>
  /** Inner ones first; the root is the last where it is an index. */
  readonly indexes: readonly Document[]
}

interface Document {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/**
 * Pushes `root` and all it names under `reference`: blobs, then manifests, then indexes, so that nobody sees an image
 * that is not whole. Idempotent: what the registry has is not sent.
 * @throws BlobNotFoundError; RegistryError
 */
export async function pushImage(ends: TransferEnds, root: Descriptor, { reference, ...options }: PushOptions & { readonly reference: Reference }, signal: AbortSignal): Promise<void> {
  const tree = await readTree(ends, root, signal)
  await mapLimited([...tree.blobs.values()], options.limit, (blob, inner) => pushBlob(ends, reference, { blob, options }, inner), signal)
  const put = (document: Document, inner: AbortSignal): Promise<void> => pushDocument(ends, root, { document, reference, options }, inner)
  await mapLimited([...tree.manifests.values()], options.limit, put, signal)
  for (const index of tree.indexes) await put(index, signal)
}

async function readTree({ store }: TransferEnds, root: Descriptor, signal: AbortSignal): Promise<ImageTree> {
  const blobs = new Map<Digest, Descriptor>()
  const manifests = new Map<Digest, Document>()
  const indexes = new Map<Digest, Document>()
  const visit = async (descriptor: Descriptor): Promise<void> => {
    const bytes = await readDocument(store, descriptor, signal)
    if (isIndexType(descriptor.mediaType)) {
      for (const child of parseIndex(bytes, descriptor.mediaType).manifests) await visit(child)
      indexes.set(descriptor.digest, { descriptor, bytes })
      return
    }
    const { config, layers } = parseManifest(bytes, descriptor.mediaType)
    const pushed = [config, ...layers.filter(({ mediaType }) => !isForeignLayer(mediaType))]
    for (const blob of pushed) blobs.set(blob.digest, blob)
    manifests.set(descriptor.digest, { descriptor, bytes })
  }
  await visit(root)
  return { blobs, manifests, indexes: [...indexes.values()] }
}

interface BlobPush {
  readonly blob: Descriptor
  readonly options: PushOptions
}

const OUTCOME_ACTIONS: Readonly<Record<UploadOutcome, string>> = { uploaded: 'pushed', mounted: 'mounted', present: 'already there' }

async function pushBlob({ registry, store }: TransferEnds, repository: Repository, { blob, options }: BlobPush, signal: AbortSignal): Promise<void> {
  const { digest, sizeBytes } = blob
  const isHere = (await store.sizeBytes(digest, signal)) !== undefined
  const outcome = await registry.pushBlob(
    { host: repository.host, repository: repository.repository },
    {
      descriptor: blob,
      mountFrom: options.mountFrom(blob),
      open: () => {
        const bytes = isHere ? store.read(digest, 0, signal) : options.openMissing(blob, signal)
        if (bytes === undefined) throw new BlobNotFoundError(digest)
        return bytes
      },
      onProgress: (currentBytes) => options.onProgress({ id: digest, action: 'pushing', currentBytes, totalBytes: sizeBytes, state: 'running' }),
    },
    signal,
  )
  options.onProgress({ id: digest, action: OUTCOME_ACTIONS[outcome], currentBytes: sizeBytes, totalBytes: sizeBytes, state: 'done' })
}

interface DocumentPush {
  readonly document: Document
  readonly reference: Reference
  readonly options: PushOptions
}

/** The root goes under its tags, all else, and a root that has none, by digest. */
async function pushDocument({ registry }: TransferEnds, root: Descriptor, { document, reference, options }: DocumentPush, signal: AbortSignal): Promise<void> {
  const { digest, mediaType, sizeBytes } = document.descriptor
  const tags = digest === root.digest ? [...(reference.tag === undefined ? [] : [reference.tag]), ...options.otherTags] : []
  const names = tags.length === 0 ? [undefined] : tags
  for (const tag of names) await registry.pushManifest({ ...reference, tag, digest }, mediaType, document.bytes, signal)
  options.onProgress({ id: digest, action: 'pushed', currentBytes: sizeBytes, totalBytes: sizeBytes, state: 'done' })
}
