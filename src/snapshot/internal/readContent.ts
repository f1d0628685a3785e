import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { bytesOf, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { createDropBehind } from '../../kit/files/dropBehind.ts'
import { newBuffers, type ChunkBuffers } from '../../kit/streams/chunkBuffers.ts'

/** No chunk of a content that stands alone is longer. */
export const CHUNK_BYTES = 1 << 18
/** Of buffers that are used again: each chunk is handed from thread to thread. */
export const LARGE_CHUNK_BYTES = 1 << 20

export interface ContentReading {
  /** Of contents that have several chunks, each of which takes one. */
  readonly buffers?: ChunkBuffers
  /** Whether nothing here is to read the file again soon, so that a very large one need not stay in memory. */
  readonly isLast?: boolean
}

/** The content of a regular file, which must not change meanwhile. A file of one chunk is read at once: it costs less than to wait for a thread. */
export async function* readContent(path: ByteString, signal: AbortSignal, { buffers = newBuffers(CHUNK_BYTES), isLast = false }: ContentReading = {}): AsyncGenerator<Uint8Array> {
  const start = readSmall(path)
  if (start !== undefined) {
    if (start.byteLength > 0) yield start
    return
  }
  await using file = await open(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  const { size } = await file.stat()
  await using dropBehind = isLast ? createDropBehind(file.fd, size) : undefined
  for (let position = 0; position < size; ) {
    signal.throwIfAborted()
    const { bytesRead, buffer } = await file.read(buffers.next(), 0, Math.min(size - position, buffers.sizeBytes))
    if (bytesRead === 0) return
    position += bytesRead
    dropBehind?.note(position)
    yield buffer.subarray(0, bytesRead)
  }
}

/** The same, beginning with a small piece: for readers that mostly want no more than that. */
export async function* sampleContent(path: ByteString, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const fd = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    for (let sizeBytes = SAMPLE_BYTES; ; sizeBytes = CHUNK_BYTES) {
      const bytes = Buffer.allocUnsafe(sizeBytes)
      const count = readSync(fd, bytes, 0, sizeBytes, null)
      if (count === 0) return
      yield bytes.subarray(0, count)
      await nextTurn()
      signal.throwIfAborted()
    }
  } finally {
    closeSync(fd)
  }
}

const SAMPLE_BYTES = 4096

function readSmall(path: ByteString): Uint8Array | undefined {
  const fd = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { size } = fstatSync(fd)
    if (size > CHUNK_BYTES) return undefined
    const bytes = Buffer.allocUnsafe(size)
    readAll({ fd, path }, bytes)
    return bytes
  } finally {
    closeSync(fd)
  }
}

/** Files up to this size are read at once. */
export const SMALL_BYTES = CHUNK_BYTES

/** Content of a small file into `target`, which is as long: so that reading many takes no memory for each. */
export function fillContent(path: ByteString, target: Uint8Array): void {
  const fd = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    readAll({ fd, path }, target)
  } finally {
    closeSync(fd)
  }
}

function readAll({ fd, path }: { readonly fd: number; readonly path: ByteString }, target: Uint8Array): void {
  for (let filled = 0; filled < target.byteLength; ) {
    const count = readSync(fd, target, filled, target.byteLength - filled, null)
    if (count === 0) throw new Error(`file became shorter while it was read: ${JSON.stringify(textOfBytes(path))}`)
    filled += count
  }
}
