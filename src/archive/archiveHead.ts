import { detectCompression } from './compression.ts'
import { isTar } from './tarReader.ts'

/** So many bytes tell an archive from a text. */
export const ARCHIVE_HEAD_BYTES = 512

/** Whether a file that begins so is a tar archive, or a compressed one: then the rest is not looked at, as Docker does it. */
export function isArchive(head: Uint8Array): boolean {
  return detectCompression(head) !== 'uncompressed' || isTar(head)
}
