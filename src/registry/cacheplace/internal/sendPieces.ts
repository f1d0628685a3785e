import type { Limit } from '../../../kit/limit.ts'
import { newBuffers } from '../../../kit/streams/chunkBuffers.ts'
import { inPieces } from '../../../kit/streams/inPieces.ts'
import type { CacheBlob } from '../cachePlace.ts'

export interface PieceSender<T> {
  readonly pieceBytes: number
  /** Pieces under way, of all uploads together. Each is held in memory. */
  readonly limit: Limit
  /** `index` counts from 0. */
  readonly send: (piece: Uint8Array, index: number, signal: AbortSignal) => Promise<T>
}

/** Sends a blob in pieces, side by side; what came of them, in order. The first that fails stops the others. */
export async function sendPieces<T>(blob: CacheBlob, { pieceBytes, limit, send }: PieceSender<T>, signal: AbortSignal): Promise<readonly T[]> {
  const stop = new AbortController()
  const joined = AbortSignal.any([signal, stop.signal])
  const sending: Promise<T>[] = []
  let sentBytes = 0
  const sendOne = async (piece: Uint8Array, index: number): Promise<T> => {
    const sent = await send(piece, index, joined)
    sentBytes += piece.byteLength
    blob.onProgress(sentBytes)
    return sent
  }
  try {
    for await (const piece of inPieces(blob.open(), newBuffers(pieceBytes))) {
      const place = await limit.acquire(joined)
      const sent = sendOne(piece, sending.length).finally(() => place[Symbol.dispose]())
      sent.catch((error: unknown) => stop.abort(error)) // whoever awaits all of them throws it
      sending.push(sent)
    }
    return await Promise.all(sending)
  } catch (error) {
    stop.abort(error)
    await Promise.allSettled(sending)
    signal.throwIfAborted()
    throw error
  }
}

/** Pieces of what the place likes, or more where the blob would have too many of them. */
export function pieceBytesFor(sizeBytes: number, { usualBytes, mostPieces }: { readonly usualBytes: number; readonly mostPieces: number }): number {
  return Math.max(usualBytes, Math.ceil(sizeBytes / mostPieces))
}
