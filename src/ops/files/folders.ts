import { mkdirSync, readdirSync } from 'node:fs'
import { asByteString, bytesOf, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { utimens } from '../../kit/syscalls.ts'
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

/** Makes what is missing of `path` under `root`, links on the way followed, and gives its place on the host; what was made is added to `made`, outermost first. @throws CopyConflictError where a file is in the way */
export function ensureFolder(root: ByteString, path: ByteString, folder: NewFolder, made: ByteString[] = []): ByteString {
  const before = made.length
  let seen = asByteString('')
  for (const name of namesOf(path)) {
    seen = joinName(seen, name)
    const place = resolveInRoot(root, seen, 'follow')
    if (makeIfMissing(place, seen, folder)) made.push(place)
  }
  setTimes(made.slice(before), folder.mtimeNs)
  return resolveInRoot(root, path, 'follow')
}

/** What was put into a folder has changed its time. `folders`: outermost first. */
export function setTimes(folders: readonly ByteString[], mtimeNs: bigint): void {
  for (const folder of folders.toReversed()) utimens(bytesOf(folder), undefined, mtimeNs)
}

function makeIfMissing(place: ByteString, shown: ByteString, { mode, owner, mtimeNs }: NewFolder): boolean {
  const stat = findStat(place)
  if (stat?.isDirectory() === true) return false
  if (stat !== undefined) throw new CopyConflictError(`cannot make folder ${JSON.stringify(`/${textOfBytes(shown)}`)}: there is a file of that name`, { hint: 'choose another target, or remove the file with a RUN before' })
  mkdirSync(bytesOf(place))
  applyMetadata(place, { ...(owner ?? ROOT_OWNER), mode, mtimeNs, xattrs: new Map() }, 'other')
  return true
}

/** In the order of their bytes. */
export function sortedNames(folder: ByteString): readonly ByteString[] {
  return readdirSync(bytesOf(folder), { encoding: 'latin1' }).sort((a, b) => (a < b ? -1 : 1)).map(asByteString)
}
