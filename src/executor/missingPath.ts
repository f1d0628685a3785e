import { chmodSync, chownSync, lstatSync, mkdirSync, readlinkSync } from 'node:fs'
import { join, posix } from 'node:path'
import { locateIn, resolveIn, type OpenFolder } from '../archive/safePath.ts'
import { fromText, textOfBytes } from '../kit/byteString.ts'
import { SyscallError } from '../kit/syscalls.ts'
import type { UserIds } from './user.ts'

/** How much of a path is there. */
export interface MissingPath {
  /** The deepest that is there, by way of the root's descriptor; without links. */
  readonly base: string
  /** Names below it, from the top. */
  readonly missing: readonly string[]
}

/** As many links as the kernel follows. */
const MAX_LINKS = 40

/** What `path` lacks in `root`. A link that leads nowhere leads to what is missing. @throws SyscallError ELOOP, ENOTDIR */
export function findMissing(root: OpenFolder, path: string, links = 0): MissingPath {
  const missing: string[] = []
  for (let rest = posix.normalize(path); ; rest = posix.dirname(rest)) {
    const found = tryResolve(root, rest)
    if (found !== undefined) return { base: join(`/proc/self/fd/${root.fd}`, found), missing: missing.reverse() }
    const target = danglingTarget(root, rest)
    if (target !== undefined) {
      if (links >= MAX_LINKS) throw new SyscallError('mount', 'ELOOP', path)
      return findMissing(root, posix.join(posix.resolve(posix.dirname(rest), target), ...missing.reverse()), links + 1)
    }
    missing.push(posix.basename(rest))
  }
}

function tryResolve(root: OpenFolder, path: string): string | undefined {
  try {
    return textOfBytes(resolveIn(root, fromText(path)))
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Relative to the folder the link is in, which may itself have been reached by links: they are followed first. */
function danglingTarget(root: OpenFolder, path: string): string | undefined {
  try {
    using location = locateIn(root, fromText(path))
    if (!lstatSync(location.path).isSymbolicLink()) return undefined
    const folder = textOfBytes(resolveIn(root, fromText(posix.dirname(path))))
    return posix.resolve('/', folder, readlinkSync(location.path, 'utf8'))
  } catch {
    return undefined // the folder is absent, too
  }
}

/** Makes what is missing of the folder `path`, for `owner`. */
export function ensureOwnedFolder(root: OpenFolder, path: string, { uid, gid }: UserIds): void {
  const { base, missing } = findMissing(root, path)
  missing.forEach((_, index) => {
    const folder = join(base, ...missing.slice(0, index + 1))
    mkdirSync(folder)
    chmodSync(folder, 0o755) // whatever the umask
    chownSync(folder, uid, gid)
  })
}
