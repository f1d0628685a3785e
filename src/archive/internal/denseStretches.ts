/** Bytes that are all worth compressing, or all not. */
export interface Stretch {
  readonly bytes: Uint8Array
  /** Nothing would be saved: compressed or encrypted before, or random. */
  readonly isDense: boolean
}

/** More than deflate's window, so that behind a dense stretch there is nothing to refer to, and each can be compressed by itself. */
const PIECE_BYTES = 64 * 1024

export const MAX_STRETCHES_PER_MIB = (1024 * 1024) / PIECE_BYTES

/** `block` in its order, as few stretches as there are changes between dense and other pieces. The same for the same bytes. */
export function cutAtDensity(block: Uint8Array): readonly Stretch[] {
  const stretches: Stretch[] = []
  let start = 0
  let wasDense = false
  for (let at = 0; at < block.byteLength; at += PIECE_BYTES) {
    const piece = block.subarray(at, at + PIECE_BYTES)
    const dense: boolean = piece.byteLength < PIECE_BYTES ? wasDense : isEven(piece) && !repeatsItself(piece) // too little is told of a short rest
    if (dense === wasDense) continue
    if (at > start) stretches.push({ bytes: block.subarray(start, at), isDense: wasDense })
    start = at
    wasDense = dense
  }
  stretches.push({ bytes: block.subarray(start), isDense: wasDense })
  return stretches
}

/** A prime, so that bytes of every place in a record are met. */
const STRIDE = 17
const counts = new Uint16Array(256)

/**
 * Whether all byte values are about as frequent, told by every seventeenth: how often two of them are equal may be 6%
 * above chance, where a Huffman code would save less than 1%. In whole numbers, so that all machines agree.
 */
function isEven(piece: Uint8Array): boolean {
  counts.fill(0)
  let total = 0
  for (let at = 0; at < piece.byteLength; at += STRIDE, total += 1) {
    const value = piece[at] ?? 0
    counts[value] = (counts[value] ?? 0) + 1
  }
  let equalPairs = 0
  for (const count of counts) equalPairs += count * (count - 1)
  return equalPairs * 256 * 100 <= total * (total - 1) * 106
}

const WINDOW_BYTES = 32 * 1024
/** A repeat of fewer bytes might be chance. */
const SAMPLE_BYTES = 8
const SAMPLES = 4

/** Whether what stands at some places of it stands in deflate's window before them, too: a table of all byte values, or a compressed file that is there twice. */
function repeatsItself(piece: Uint8Array): boolean {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
  for (let index = 1; index <= SAMPLES; index += 1) {
    const at = WINDOW_BYTES + index * ((PIECE_BYTES - WINDOW_BYTES) / SAMPLES) - SAMPLE_BYTES
    if (bytes.subarray(0, at).includes(bytes.subarray(at, at + SAMPLE_BYTES), at - WINDOW_BYTES)) return true
  }
  return false
}
