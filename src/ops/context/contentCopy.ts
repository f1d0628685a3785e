import { closeSync, constants, createReadStream, openSync, readSync, writeFileSync } from 'node:fs'
import { digestOf, type Digest } from '../../ground/digest.ts'
import { bytesOf, type ByteString } from '../../kit/byteString.ts'
import { createHasher } from '../../kit/hashing.ts'
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

async function digestFile(path: ByteString, signal: AbortSignal): Promise<Digest> {
  const hasher = createHasher()
  const passed = hasher.pass(createReadStream(bytesOf(path), { signal, highWaterMark: MEMORY_BOUND_BYTES }))
  for await (const chunk of passed) void chunk // only its digest is wanted
  return hasher.result().digest
}
