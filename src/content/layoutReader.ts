import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { digestHex, type Digest } from '../ground/digest.ts'
import { BlobNotFoundError, type BlobReader } from './contentStore.ts'
import { verifiedBytes } from './verifiedBytes.ts'

const READ_BYTES = 256 * 1024

/** The blobs of an OCI layout of somebody else's: nothing is written there. OCI image-spec, image-layout.md. */
export function createLayoutReader(folder: string): BlobReader {
  const pathOf = (digest: Digest): string => join(folder, 'blobs', 'sha256', digestHex(digest))
  return {
    async sizeBytes(digest, signal) {
      signal.throwIfAborted()
      const found = await stat(pathOf(digest)).catch(() => undefined)
      return found?.isFile() === true ? found.size : undefined
    },
    async *read(digest, offset, signal) {
      const bytes = readFile(pathOf(digest), { digest, offset }, signal)
      yield* offset === 0 ? verifiedBytes(digest, bytes) : bytes
    },
  }
}

async function* readFile(path: string, { digest, offset }: { readonly digest: Digest; readonly offset: number }, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { start: offset, highWaterMark: READ_BYTES, signal })) yield chunk as Uint8Array
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new BlobNotFoundError(digest) : error
  }
}
