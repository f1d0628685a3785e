import { digestOf } from '../../ground/digest.ts'
import type { CacheBlob } from './cachePlace.ts'

/** For bytes held whole. */
export function blobOfBytes(bytes: Uint8Array): CacheBlob {
  async function* open(): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  return { digest: digestOf(bytes), sizeBytes: bytes.byteLength, open, onProgress: () => undefined }
}
