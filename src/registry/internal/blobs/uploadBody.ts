import type { UploadBlob } from '../../registry.ts'

/** A blob's bytes for one request, told to `onProgress` as they go. */
export interface UploadBody {
  readonly open: () => AsyncIterable<Uint8Array>
  /** What the blob's own source threw: no fault of the other side. */
  failure(): unknown
}

type Source = Pick<UploadBlob, 'open' | 'onProgress'>

export function countedBody(blob: Source): UploadBody {
  let failure: unknown
  return {
    open: () => countSent(watchSource(blob.open(), (error) => (failure = error)), blob.onProgress),
    failure: () => failure,
  }
}

/** As `countedBody`, but it ends in good order where its source fails, and at the next chunk once `signal` is aborted. */
export function endingBody(blob: Source, signal: AbortSignal): UploadBody {
  let failure: unknown
  async function* untilEnded(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of watchSource(blob.open(), (error) => (failure = error))) {
        if (signal.aborted) return
        yield chunk
      }
    } catch (error) {
      if (error !== failure) throw error
    }
  }
  return { open: () => countSent(untilEnded(), blob.onProgress), failure: () => failure }
}

async function* countSent(chunks: AsyncIterable<Uint8Array>, onProgress: (sentBytes: number) => void): AsyncGenerator<Uint8Array> {
  let sentBytes = 0
  for await (const chunk of chunks) {
    yield chunk
    sentBytes += chunk.byteLength
    onProgress(sentBytes)
  }
}

/** Tells `note` what `chunks` throw, but nothing of what their consumer throws into them, such as a connection that broke. */
async function* watchSource(chunks: AsyncIterable<Uint8Array>, note: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      return await iterator.next()
    } catch (error) {
      note(error)
      throw error
    }
  }
  try {
    for (let item = await next(); item.done !== true; item = await next()) yield item.value
  } finally {
    await iterator.return?.()
  }
}
