import { asByteString, bytesOf, type ByteString } from '../../kit/byteString.ts'
import { utimens } from '../../kit/syscalls.ts'
import { parentOf } from '../files/rootPath.ts'

/** The times of a client's folders, which what is put into their copies, or removed, has changed there. */
export interface FolderTimes {
  /** To be told of each entry that is given. */
  given(entry: { readonly path: ByteString; readonly kind: 'file' | 'folder' | 'symlink'; readonly mtimeNs: bigint }): void
  /** Something is made or removed at `path`, which is given back. */
  touched(path: ByteString): ByteString
  /** Gives those folders the client's times, once all is made. */
  restore(placeOf: (path: ByteString) => Promise<ByteString>): Promise<void>
}

/** The client's folder itself. Not all clients tell its time: it has the latest of what is in it. */
const TOP = asByteString('')

export function createFolderTimes(): FolderTimes {
  const times = new Map<ByteString, bigint>([[TOP, 0n]])
  const touched = new Set<ByteString>([TOP])
  return {
    given({ path, kind, mtimeNs }) {
      if (kind === 'folder') times.set(path, mtimeNs)
      if (parentOf(path) === TOP && mtimeNs > (times.get(TOP) ?? 0n)) times.set(TOP, mtimeNs)
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
