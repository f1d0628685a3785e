import type { BlobReader } from '../content/contentStore.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import type { VertexProgress } from '../progress/progressEvent.ts'
import { UnsupportedImageError } from './registryError.ts'
import type { Registry } from './registry.ts'

/** The two ends of a push; a pull writes to its store, too. */
export interface TransferEnds {
  readonly registry: Registry
  readonly store: BlobReader
}

/** How far one blob or manifest is; `id` is its digest. */
export type TransferProgress = Pick<VertexProgress, 'id' | 'action' | 'currentBytes' | 'totalBytes' | 'state'>

export type OnTransfer = (progress: TransferProgress) => void

/** As much of a manifest, index or config is held in memory. */
const DOCUMENT_BYTES = 8 * 1024 * 1024

/** A manifest, index or config of the store, whole. @throws BlobNotFoundError; BlobCorruptError; UnsupportedImageError where it is too large to be one */
export async function readDocument(store: Pick<BlobReader, 'read'>, { digest, sizeBytes }: Descriptor, signal: AbortSignal): Promise<Uint8Array> {
  if (sizeBytes > DOCUMENT_BYTES) throw new UnsupportedImageError(digest, `a manifest or config of ${sizeBytes} bytes is too large`)
  const chunks: Uint8Array[] = []
  for await (const chunk of store.read(digest, 0, signal)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
