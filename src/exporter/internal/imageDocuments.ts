import { putBytes, type ContentStore } from '../../content/contentStore.ts'
import { digestOf, type Digest } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { createLimit, mapLimited } from '../../kit/limit.ts'

/** Configs, manifests and indexes of an image that is being made, which name one another before any is stored. */
export interface ImageDocuments {
  add(mediaType: string, bytes: Uint8Array): Descriptor
  /** Puts all into `content`, several at once, in no order: each is made sure of on the disk, and of several that is done in one go. */
  store(content: ContentStore, signal: AbortSignal): Promise<void>
}

export function createImageDocuments(): ImageDocuments {
  const documents = new Map<Digest, Uint8Array>()
  return {
    add(mediaType, bytes) {
      const digest = digestOf(bytes)
      documents.set(digest, bytes)
      return describeBlob(mediaType, digest, bytes.byteLength)
    },
    async store(content, signal) {
      await mapLimited([...documents.values()], createLimit(MAX_AT_ONCE), async (bytes, inner) => await putBytes(bytes, content, inner), signal)
    },
  }
}

/** As many as Node's pool has threads. */
const MAX_AT_ONCE = 4
