/** The end of what a process prints, both streams together. */
export interface OutputTail {
  add(bytes: Uint8Array): void
  text(): string
}

/** What says why a process failed is seldom longer. */
const TAIL_BYTES = 16 * 1024

/** Takes its memory with the first byte. */
export function createOutputTail(): OutputTail {
  let buffer = Buffer.alloc(0)
  let used = 0
  return {
    add(bytes) {
      if (buffer.byteLength === 0) buffer = Buffer.alloc(2 * TAIL_BYTES)
      const kept = bytes.subarray(Math.max(0, bytes.byteLength - TAIL_BYTES))
      if (used + kept.byteLength > buffer.byteLength) {
        buffer.copyWithin(0, used - TAIL_BYTES, used)
        used = TAIL_BYTES
      }
      buffer.set(kept, used)
      used += kept.byteLength
    },
    text: () => buffer.toString('utf8', Math.max(0, used - TAIL_BYTES), used),
  }
}
