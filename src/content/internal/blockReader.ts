import { FOUND_BLOCKS } from '../../archive/keptBlocks.ts'
import type { Digest } from '../../ground/digest.ts'
import { passingBuffer } from '../../kit/process/passingBuffer.ts'
import { buffersInTurn } from '../../kit/streams/chunkBuffers.ts'
import type { RangeReader } from '../contentStore.ts'

/** Reads blocks out of blobs, those that stand behind each other many at once. */
export interface BlockReader {
  /** Good until `FOUND_BLOCKS` more are asked for. Undefined where the blob ends before. @throws BlobNotFoundError */
  read(place: BlockPlace, signal: AbortSignal): Promise<Uint8Array | undefined>
}

export interface BlockPlace {
  readonly blob: Digest
  readonly start: number
  readonly sizeBytes: number
}

/** A stretch of a blob. */
interface Window {
  readonly blob: Digest
  readonly start: number
  readonly bytes: Buffer
  /** False where the blob ends before. */
  readonly isFilled: Promise<boolean>
}

const WINDOW_BYTES = 1024 * 1024

export function createBlockReader(content: RangeReader): BlockReader {
  const buffers = buffersInTurn(WINDOW_BYTES, FOUND_BLOCKS)
  let window: Window | undefined
  let last: BlockPlace | undefined

  const openWindow = ({ blob, start }: BlockPlace, signal: AbortSignal): Window => {
    const bytes = buffers.next()
    const isFilled = content.readInto(blob, start, bytes, signal)
    isFilled.catch(() => undefined) // it is awaited by who reads
    return { blob, start, bytes, isFilled }
  }

  return {
    async read(place, signal) {
      const isBehindLast = last?.blob === place.blob && last.start + last.sizeBytes === place.start
      last = place
      if (isBehindLast && !covers(window, place) && place.sizeBytes <= WINDOW_BYTES) window = openWindow(place, signal)
      const current = window
      if (current !== undefined && covers(current, place) && (await current.isFilled)) {
        const offset = place.start - current.start
        return current.bytes.subarray(offset, offset + place.sizeBytes)
      }
      const alone = passingBuffer(place.sizeBytes)
      return (await content.readInto(place.blob, place.start, alone, signal)) ? alone : undefined
    },
  }
}

function covers(window: Window | undefined, { blob, start, sizeBytes }: BlockPlace): boolean {
  return window?.blob === blob && start >= window.start && start + sizeBytes <= window.start + WINDOW_BYTES
}
