import type { ByteString } from '../../kit/byteString.ts'
import { joinPath } from './bytePath.ts'
import { hasSameMetadata, type FileShape, type LayerFile } from './layerFile.ts'
import { readContent } from './readContent.ts'

/** One path in two trees. */
export interface FilePair {
  readonly before: ByteString
  readonly after: ByteString
  readonly files: readonly [before: LayerFile, after: LayerFile]
  /** Whether the files of the two may be hard links to those of any snapshot, so that the number of their names says nothing. */
  readonly mayShareInodes?: boolean
}

/** Whether nothing but the inode is new. A file with a name more counts as changed: its layer has to hold both names. Folders are never the same. */
export async function isSameFile(path: ByteString, { before, after, files, mayShareInodes = false }: FilePair, signal: AbortSignal): Promise<boolean> {
  if (!hasSameMetadata(...files)) return false
  const [a, b] = [files[0].shape, files[1].shape]
  if (a.kind === 'file' && b.kind === 'file') {
    return a.sizeBytes === b.sizeBytes && (mayShareInodes || b.linkCount === 1) && hasSameContent(joinPath(before, path), joinPath(after, path), signal)
  }
  return isSameWithoutContent(a, b)
}

function isSameWithoutContent(a: FileShape, b: FileShape): boolean {
  if (a.kind === 'symlink' && b.kind === 'symlink') return a.target === b.target
  if ('major' in a && 'major' in b) return a.kind === b.kind && a.major === b.major && a.minor === b.minor
  return a.kind === 'fifo' && b.kind === 'fifo'
}

/** Of files of one size, which are read in chunks of one size. */
async function hasSameContent(a: ByteString, b: ByteString, signal: AbortSignal): Promise<boolean> {
  const other = readContent(b, signal)
  for await (const chunk of readContent(a, signal)) {
    const next = await other.next()
    if (next.done === true || Buffer.compare(chunk, next.value) !== 0) {
      await other.return(undefined)
      return false
    }
  }
  return true
}
