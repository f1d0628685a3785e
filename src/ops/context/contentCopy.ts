import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { digestOf, parseDigest, type Digest } from '../../ground/digest.ts'
import { bytesOf, type ByteString } from '../../kit/byteString.ts'
import { createBackgroundHash } from '../../kit/streams/backgroundHash.ts'
import { lendBuffers } from '../../kit/streams/chunkBuffers.ts'
import { cloneFile } from '../../kit/syscalls/cloneFile.ts'

/** Larger files are cloned: their blocks may be shared then, or copied inside the kernel. */
const MEMORY_BOUND_BYTES = 256 * 1024
const buffer = Buffer.allocUnsafe(MEMORY_BOUND_BYTES)

/** A new file at `target` with the content of the regular file `source`, which is no link; gives its digest. @throws the errors of `open`; SyscallError */
export async function copyContent(source: ByteString, target: ByteString, signal: AbortSignal): Promise<Digest> {
  const small = readSmall(source)
  if (small !== undefined) {
    writeFileSync(bytesOf(target), small, { flag: 'wx', mode: 0o600 })
    return digestOf(small)
  }
  await cloneFile(bytesOf(source), bytesOf(target), signal)
  return digestFile(target, signal)
}

/** In a buffer that the next call takes again; undefined for what does not fit in. */
function readSmall(path: ByteString): Uint8Array | undefined {
  const fd = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    let length = 0
    while (length < buffer.byteLength) {
      const count = readSync(fd, buffer, length, buffer.byteLength - length, null)
      if (count === 0) return buffer.subarray(0, length)
      length += count
    }
    return undefined
  } finally {
    closeSync(fd)
  }
}

/** While one chunk is hashed the next is read. */
async function digestFile(path: ByteString, signal: AbortSignal): Promise<Digest> {
  using lent = lendBuffers()
  const chunks = lent.inTurn(CHUNK_BYTES, 2)
  const hash = createBackgroundHash()
  await using file = await open(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  let hashed = Promise.resolve()
  try {
    for (;;) {
      signal.throwIfAborted()
      const { bytesRead, buffer: chunk } = await file.read(chunks.next(), 0, CHUNK_BYTES)
      await hashed
      if (bytesRead === 0) return parseDigest(`sha256:${hash.hex()}`)
      hashed = hash.update(chunk.subarray(0, bytesRead))
      hashed.catch(() => undefined) // it is awaited in its turn
    }
  } finally {
    await hashed
  }
}

const CHUNK_BYTES = 1024 * 1024
