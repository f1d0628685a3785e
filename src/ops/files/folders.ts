import { mkdirSync, readdirSync } from 'node:fs'
import { asByteString, bytesOf, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { CopyConflictError } from './fileErrors.ts'
import { applyMetadata, findStat, type FileOwner } from './metadata.ts'
import { joinName, namesOf, resolveInRoot } from './rootPath.ts'

const ROOT_OWNER: FileOwner = { uid: 0, gid: 0 }

export interface NewFolder {
  readonly mode: number
  /** Root where undefined. */
  readonly owner: FileOwner | undefined
  readonly mtimeNs: bigint
}

/** Makes what is missing of `path` under `root`, links on the way followed, and gives its place on the host. @throws CopyConflictError where a file is in the way */
export function ensureFolder(root: ByteString, path: ByteString, folder: NewFolder): ByteString {
  let seen = asByteString('')
  for (const name of namesOf(path)) {
    seen = joinName(seen, name)
    makeIfMissing(resolveInRoot(root, seen, 'follow'), seen, folder)
  }
  return resolveInRoot(root, path, 'follow')
}

function makeIfMissing(place: ByteString, shown: ByteString, { mode, owner, mtimeNs }: NewFolder): void {
  const stat = findStat(place)
  if (stat?.isDirectory() === true) return
  if (stat !== undefined) throw new CopyConflictError(`cannot make folder ${JSON.stringify(`/${textOfBytes(shown)}`)}: there is a file of that name`)
  mkdirSync(bytesOf(place))
  applyMetadata(place, { ...(owner ?? ROOT_OWNER), mode, mtimeNs, xattrs: new Map() }, 'other')
}

/** In the order of their bytes. */
export function sortedNames(folder: ByteString): readonly ByteString[] {
  return readdirSync(bytesOf(folder), { encoding: 'latin1' }).sort((a, b) => (a < b ? -1 : 1)).map(asByteString)
}
