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

/** Pieces of `sizeBytes` each, but for the last. */
export async function* inChunks(bytes: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  let heldBytes = 0
  for await (const piece of bytes) {
    for (let rest = piece; rest.byteLength > 0; ) {
      const part = rest.subarray(0, sizeBytes - heldBytes)
      parts.push(part)
      heldBytes += part.byteLength
      rest = rest.subarray(part.byteLength)
      if (heldBytes < sizeBytes) continue
      yield Buffer.concat(parts)
      parts = []
      heldBytes = 0
    }
  }
  if (heldBytes > 0) yield Buffer.concat(parts)
}
