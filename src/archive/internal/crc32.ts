/*
 * CRC-32 (RFC 1952) takes a stretch of bytes for a polynomial over two elements and keeps its remainder by a fixed one. So
 * the checksum of two stretches one behind the other comes of theirs: the first is multiplied by x once for each bit of
 * the second. A remainder is held as the checksum itself is, its highest power in the lowest bit.
 */

const DIVISOR = 0xedb88320
const ONE = 0x80000000
/** x to the eighth: what a byte behind it does to a stretch. */
const BY_A_BYTE = ONE >>> 8

/** Of two stretches one behind the other, the second of `secondBytes`: in a microsecond, however long they are. */
export function joinChecksums(first: number, second: number, secondBytes: number): number {
  return (multiply(first, shiftOf(secondBytes)) ^ second) >>> 0
}

function shiftOf(bytes: number): number {
  let shift = ONE
  let square = BY_A_BYTE
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shift = multiply(shift, square)
    square = multiply(square, square)
  }
  return shift
}

function multiply(a: number, b: number): number {
  let product = 0
  for (let rest = a, multiple = b; rest !== 0; rest <<= 1) {
    if (rest < 0 || rest >= ONE) product ^= multiple
    multiple = (multiple & 1) === 1 ? (multiple >>> 1) ^ DIVISOR : multiple >>> 1
  }
  return product
}
