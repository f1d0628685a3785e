import { bytesOf, type ByteString } from '../../kit/byteString.ts'
import { utimens } from '../../kit/syscalls.ts'
import { parentOf } from '../files/rootPath.ts'

/**
 * The times of the folders in a client's folder, which what is put into their copies, or removed, has changed there. Not
 * of that folder itself: clients do not tell it, and in BuildKit, too, it is that of the transfer.
 */
export interface FolderTimes {
  /** To be told of each entry that is given. */
  given(entry: { readonly path: ByteString; readonly kind: 'file' | 'folder' | 'symlink'; readonly mtimeNs: bigint }): void
  /** Something is made or removed at `path`, which is given back. */
  touched(path: ByteString): ByteString
  /** Gives those folders the client's times, once all is made. */
  restore(placeOf: (path: ByteString) => Promise<ByteString>): Promise<void>
}

export function createFolderTimes(): FolderTimes {
  const times = new Map<ByteString, bigint>()
  const touched = new Set<ByteString>()
  return {
    given({ path, kind, mtimeNs }) {
      if (kind === 'folder') times.set(path, mtimeNs)
    },
    touched(path) {
      touched.add(parentOf(path))
      return path
    },
    async restore(placeOf) {
      for (const path of touched) {
        const mtimeNs = times.get(path)
        if (mtimeNs !== undefined) utimens(bytesOf(await placeOf(path)), undefined, mtimeNs)
      }
    },
  }
}
