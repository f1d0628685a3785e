import { addressOf, areThere, declare, invoke } from '../syscalls/libc.ts'

/*
 * Large buffers that serve one use after the other, for as long as the process lives. V8 counts what stands outside of
 * its heap, and looks through all of that heap whenever some megabytes more have come: in a small build that took longer
 * than the work for which the buffers were made.
 */

/** Two layers of gzip at once have as much. */
const MOST_FREE_BYTES = 24 * 1024 * 1024

const free = new Map<number, Buffer[]>()
let freeBytes = 0

/** Not cleared. Whoever has no more use for it may give it back; a buffer that is not given back is one like any other. */
export function takeBuffer(sizeBytes: number): Buffer {
  const known = free.get(sizeBytes)?.pop()
  if (known === undefined) return Buffer.allocUnsafeSlow(sizeBytes)
  freeBytes -= sizeBytes
  return known
}

/** Of `takeBuffer`, whole, and once: nobody, no other thread either, may read or write it any more. */
export function giveBackBuffer(buffer: Buffer): void {
  const sizeBytes = buffer.byteLength
  if (freeBytes + sizeBytes > MOST_FREE_BYTES) return
  const known = free.get(sizeBytes)
  if (known === undefined) free.set(sizeBytes, [buffer])
  else known.push(buffer)
  freeBytes += sizeBytes
}

const MADVISE = declare('madvise', ['void *', 'size_t', 'int'])
const MADV_DONTNEED = 4
const PAGE_BYTES = 64 * 1024 // the largest that Linux has on a machine Node runs on

/** Gives the kernel the memory of the buffers that wait, which stay, with other content: so that V8 has nothing to count when they are next used. */
export function emptyFreeBuffers(): void {
  if (freeBytes === 0 || !areThere([MADVISE])) return
  for (const buffers of free.values()) for (const buffer of buffers) emptyWholePages(buffer)
}

function emptyWholePages(buffer: Buffer): void {
  const start = -Number(addressOf(buffer) % BigInt(PAGE_BYTES)) & (PAGE_BYTES - 1)
  const end = buffer.byteLength - ((buffer.byteLength - start) & (PAGE_BYTES - 1))
  if (end > start) invoke(MADVISE, [buffer.subarray(start, end), end - start, MADV_DONTNEED]) // where it fails, the memory stays
}
