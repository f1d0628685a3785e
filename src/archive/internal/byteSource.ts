import { TarInvalidError } from '../tar.ts'

/** A stream of chunks read in pieces of chosen length; what lies in one chunk is not copied. One reader at a time. */
export interface ByteSource {
  /** Exactly `sizeBytes`, to be used up before the next call. Undefined at the end of the stream. @throws TarInvalidError where it ends within */
  read(sizeBytes: number): Promise<Uint8Array | undefined>
  /** The same at once, where all of it is in the chunk that came last; else undefined, and nothing is read. To wait takes longer than to read what is small. */
  readNow(sizeBytes: number): Uint8Array | undefined
  /** At least one and at most `maxBytes`, as they come. @throws TarInvalidError at the end of the stream */
  readSome(maxBytes: number): Promise<Uint8Array>
  /** @throws TarInvalidError where the stream ends before */
  skip(sizeBytes: number): Promise<void>
  /** Reads what is left, to the end. */
  drain(): Promise<void>
  /** Tells the stream that no more is wanted. */
  close(): Promise<void>
}

export function createByteSource(chunks: AsyncIterable<Uint8Array>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]()
  let chunk: Uint8Array = new Uint8Array(0)
  let offset = 0

  const take = (maxBytes: number): Uint8Array => {
    const piece = chunk.subarray(offset, offset + maxBytes)
    offset += piece.byteLength
    return piece
  }
  const fill = async (): Promise<boolean> => {
    while (offset === chunk.byteLength) {
      const next = await iterator.next()
      if (next.done === true) return false
      chunk = next.value
      offset = 0
    }
    return true
  }
  const source: ByteSource = {
    async read(sizeBytes) {
      if (!(await fill())) return undefined
      const atHand = source.readNow(sizeBytes)
      if (atHand !== undefined) return atHand
      const whole = Buffer.allocUnsafe(sizeBytes)
      for (let filled = 0; filled < sizeBytes; ) {
        const piece = await source.readSome(sizeBytes - filled)
        whole.set(piece, filled)
        filled += piece.byteLength
      }
      return whole
    },
    readNow: (sizeBytes) => (chunk.byteLength - offset >= sizeBytes ? take(sizeBytes) : undefined),
    async readSome(maxBytes) {
      if (offset === chunk.byteLength && !(await fill())) throw brokenOff()
      return take(maxBytes)
    },
    async skip(sizeBytes) {
      for (let left = sizeBytes; left > 0; ) left -= (await source.readSome(left)).byteLength
    },
    async drain() {
      while (await fill()) offset = chunk.byteLength
    },
    async close() {
      await iterator.return?.()
    },
  }
  return source
}

export function brokenOff(): TarInvalidError {
  return new TarInvalidError('tar archive breaks off', { hint: 'get the file again: it is not complete' })
}
