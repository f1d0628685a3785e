import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
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
  await using digest = createTrailingDigest(target, signal)
  await cloneFile(bytesOf(source), bytesOf(target), signal, (copiedBytes) => digest.readTo(copiedBytes))
  return await digest.result()
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

/** The digest of a file that still grows, of which each stretch is read while the next is written. */
interface TrailingDigest extends AsyncDisposable {
  /** Has the file read as far as that, once it is read as far as was asked for before; resolves then. */
  readTo(limitBytes: number): Promise<void>
  /** Of all of it, to be asked when it is whole. */
  result(): Promise<Digest>
}

/** @param path of a file that is there when it is first to be read */
function createTrailingDigest(path: ByteString, signal: AbortSignal): TrailingDigest {
  const reader = createHashReader(path, signal)
  let reading = Promise.resolve()
  const readTo = async (limitBytes: number): Promise<void> => {
    await reading
    reading = reader.readTo(limitBytes)
    reading.catch(() => undefined) // it is awaited in its turn
  }
  return {
    readTo,
    async result() {
      await readTo(Infinity)
      await reading
      return reader.digest()
    },
    async [Symbol.asyncDispose]() {
      await reading.catch(() => undefined)
      await reader[Symbol.asyncDispose]()
    },
  }
}

interface HashReader extends AsyncDisposable {
  /** Goes on where it stopped, up to there or to the file's end. */
  readTo(limitBytes: number): Promise<void>
  /** Of what was read. */
  digest(): Digest
}

/** While one chunk is hashed the next is read. */
function createHashReader(path: ByteString, signal: AbortSignal): HashReader {
  const lent = lendBuffers()
  const chunks = lent.inTurn(CHUNK_BYTES, 2)
  const hash = createBackgroundHash()
  let file: FileHandle | undefined
  let position = 0
  let hashed = Promise.resolve()
  return {
    async readTo(limitBytes) {
      file ??= await open(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW)
      while (position < limitBytes) {
        signal.throwIfAborted()
        const { bytesRead, buffer: chunk } = await file.read(chunks.next(), 0, Math.min(CHUNK_BYTES, limitBytes - position), position)
        await hashed
        if (bytesRead === 0) return
        position += bytesRead
        hashed = hash.update(chunk.subarray(0, bytesRead))
        hashed.catch(() => undefined) // it is awaited in its turn
      }
      await hashed
    },
    digest: () => parseDigest(`sha256:${hash.hex()}`),
    async [Symbol.asyncDispose]() {
      await hashed.catch(() => undefined)
      await file?.close()
      lent[Symbol.dispose]()
    },
  }
}

const CHUNK_BYTES = 1024 * 1024
