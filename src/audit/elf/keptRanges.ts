/**
 * Parts of a file that goes by once. What is wanted is said by offset, before or while it passes; what has passed and
 * was not wanted is gone. Holds no more than `maxBytes`.
 */
export interface KeptRanges {
  /** How much has passed. */
  readonly position: number
  /** Of what has passed already, only what is kept can be had. */
  want(start: number, end: number): void
  push(chunk: Uint8Array): void
  /** `length` bytes from `offset`; undefined where not all of them are kept. */
  read(offset: number, length: number): Uint8Array | undefined
  /** What is kept from `offset` on, at most `maxLength` bytes; undefined where that is nothing. */
  readSome(offset: number, maxLength: number): Uint8Array | undefined
}

export interface RangeBounds {
  /** Of the file: what would lie beyond it is not waited for. */
  readonly sizeBytes: number
  readonly maxBytes: number
}

interface Range {
  readonly start: number
  readonly bytes: Buffer
  filled: number
}

export function createKeptRanges({ sizeBytes, maxBytes }: RangeBounds): KeptRanges {
  const ranges: Range[] = []
  let position = 0
  let keptBytes = 0

  const readSome = (offset: number, maxLength: number): Uint8Array | undefined => {
    let range: Range | undefined
    for (const candidate of ranges) {
      const end = candidate.start + candidate.filled
      if (offset >= candidate.start && offset < end && end > (range === undefined ? 0 : range.start + range.filled)) range = candidate
    }
    if (range === undefined || !(maxLength > 0)) return undefined
    const from = offset - range.start
    return range.bytes.subarray(from, Math.min(range.filled, from + maxLength))
  }

  return {
    get position() {
      return position
    },
    want(start, end) {
      const lengthBytes = Math.min(end - start, sizeBytes - start, maxBytes - keptBytes)
      if (!(start >= 0 && lengthBytes > 0)) return // an offset that is no number at all, too
      const passed = Math.min(lengthBytes, Math.max(0, position - start))
      const early = passed === 0 ? new Uint8Array(0) : readSome(start, passed)
      if (early?.byteLength !== passed) return
      const range = { start, bytes: Buffer.allocUnsafe(lengthBytes), filled: passed }
      range.bytes.set(early)
      ranges.push(range)
      keptBytes += lengthBytes
    },
    push(chunk) {
      const end = position + chunk.byteLength
      for (const range of ranges) {
        const next = range.start + range.filled
        if (range.filled === range.bytes.byteLength || next >= end || next < position) continue
        const from = next - position
        const piece = chunk.subarray(from, Math.min(chunk.byteLength, from + range.bytes.byteLength - range.filled))
        range.bytes.set(piece, range.filled)
        range.filled += piece.byteLength
      }
      position = end
    },
    read(offset, length) {
      const piece = readSome(offset, length)
      return piece?.byteLength === length ? piece : undefined
    },
    readSome,
  }
}
