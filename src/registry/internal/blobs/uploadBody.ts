import type { UploadBlob } from '../../registry.ts'

/** A blob's bytes for one request, told to `onProgress` as they go. */
export interface UploadBody {
  readonly open: () => AsyncIterable<Uint8Array>
  /** What the blob's own source threw: no fault of the other side. */
  failure(): unknown
}

export function countedBody(blob: Pick<UploadBlob, 'open' | 'onProgress'>): UploadBody {
  let failure: unknown
  async function* count(): AsyncGenerator<Uint8Array> {
    let sentBytes = 0
    try {
      for await (const chunk of blob.open()) {
        yield chunk
        sentBytes += chunk.byteLength
        blob.onProgress(sentBytes)
      }
    } catch (error) {
      failure = error
      throw error
    }
  }
  return { open: count, failure: () => failure }
}
