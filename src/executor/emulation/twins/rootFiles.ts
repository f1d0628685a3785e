import { createHash } from 'node:crypto'
import { readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { resolveIn, type OpenFolder } from '../../../archive/safePath.ts'
import { fromText, textOfBytes } from '../../../kit/byteString.ts'
import { lgetxattr, SyscallError } from '../../../kit/syscalls.ts'
import type { ChecksumAlgorithm } from './packages/packageDatabase.ts'
import type { FileIdentity } from './setting/twinTable.ts'

/** A regular file of a root file system. */
export interface RootFile {
  /** In the root, links resolved, without a slash in front. */
  readonly path: string
  readonly identity: FileIdentity
  /** Whether executing it gives rights: setuid, setgid, a file capability. */
  readonly givesRights: boolean
}

/** The names in the folder `path`, in order; none where it leads to no folder inside `root`. */
export function listFolder(root: OpenFolder, path: string): readonly string[] {
  try {
    return readdirSync(openPathOf(root, textOfBytes(resolveIn(root, fromText(path))))).toSorted()
  } catch (error) {
    if (error instanceof SyscallError || (error as NodeJS.ErrnoException).code !== undefined) return []
    throw error
  }
}

/** Undefined where `path` leads to no regular file inside `root`. */
export function findFile(root: OpenFolder, path: string): RootFile | undefined {
  try {
    const resolved = textOfBytes(resolveIn(root, fromText(path)))
    const stat = statSync(openPathOf(root, resolved), { bigint: true })
    if (!stat.isFile()) return undefined
    return { path: resolved, identity: identityOf(stat), givesRights: (stat.mode & SET_IDS) !== 0n || lgetxattr(openPathOf(root, resolved), 'security.capability') !== undefined }
  } catch (error) {
    if (error instanceof SyscallError || (error as NodeJS.ErrnoException).code !== undefined) return undefined // absent, a loop of links, no folder
    throw error
  }
}

const SET_IDS = 0o6000n

export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return { device: dev, inode: ino, sizeBytes: size, mtimeNs, ctimeNs }
}

/** Equal for a file that is as it was. Without the device: each mount of an overlay has one of its own. */
export function keyOf({ path, identity: { inode, sizeBytes, mtimeNs, ctimeNs } }: RootFile): string {
  return [path, inode, sizeBytes, mtimeNs, ctimeNs].join('\0')
}

/** Whether a process that sees `root` elsewhere than at `/` comes to `file` by `path`, too: links that begin at `/` lead it astray. */
export function leadsThere(root: OpenFolder, path: string, file: RootFile): boolean {
  try {
    return realpathSync(openPathOf(root, path)) === join(realpathSync(`/proc/self/fd/${root.fd}`), file.path)
  } catch {
    return false // it leads out of the root, to where nothing is
  }
}

/** More than any program has. */
const MAX_FILE_BYTES = 256n * 1024n * 1024n

/** More than any list of packages has: it is read as text, which takes several times as much. */
export const MAX_LIST_BYTES = 32n * 1024n * 1024n

/** Undefined where it is larger than any that is looked at. */
export async function readRootFile(root: OpenFolder, { path, identity }: RootFile, signal: AbortSignal, maxBytes = MAX_FILE_BYTES): Promise<Buffer | undefined> {
  return identity.sizeBytes > maxBytes ? undefined : await readFile(openPathOf(root, path), { signal })
}

/** '' where there is none. */
export async function readRootText(root: OpenFolder, path: string, signal: AbortSignal): Promise<string> {
  const file = findFile(root, path)
  return file === undefined ? '' : ((await readRootFile(root, file, signal, MAX_LIST_BYTES))?.toString('utf8') ?? '')
}

export function hashBytes(bytes: Uint8Array, algorithm: ChecksumAlgorithm): string {
  return algorithm === 'sha256-160' ? createHash('sha256').update(bytes).digest('hex').slice(0, 40) : createHash(algorithm).update(bytes).digest('hex')
}

/** For this process, as long as `root` is open. */
export function openPathOf(root: OpenFolder, path: string): string {
  return join(`/proc/self/fd/${root.fd}`, path)
}
