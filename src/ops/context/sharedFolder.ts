import { lstatSync, readlinkSync, type BigIntStats } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TreeFilter } from '../../api/fileSync.ts'
import type { Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { asByteString, bytesOf, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { contextXattrs } from '../contextWalk.ts'
import { errorCode } from '../files/errorCode.ts'
import { joinName } from '../files/rootPath.ts'
import { copyContent } from './contentCopy.ts'
import type { ContextSync, SyncedFile } from './contextSync.ts'
import { walkFolder, type WalkedFile } from './folderWalk.ts'

/** So many entries between two turns of the event loop. */
const ENTRIES_PER_TURN = 512
/** A file that is written to all the time is none that can be built from. */
const MAX_READS = 3

/** Brings a folder of this machine into `sync`, reading only what changed. @throws ContextChangedError; ContextUnreadableError */
export async function syncSharedFolder(root: ByteString, filter: TreeFilter, sync: ContextSync, signal: AbortSignal): Promise<void> {
  const linked = new Map<string, ByteString>()
  let count = 0
  for (const file of walkFolder(root, filter)) {
    if (++count % ENTRIES_PER_TURN === 0) await nextTurn()
    signal.throwIfAborted()
    if (!isSent(file.stat)) continue
    const first = firstLink(file, linked)
    const stamp = stampOf(file.stat, first)
    if (sync.isCurrent({ path: file.path, kind: kindOf(file.stat), stamp, mtimeNs: file.stat.mtimeNs })) continue
    await sync.put(describe(root, file, stamp, first), (place) => readFile(root, file, place, signal))
  }
}

/** As BuildKit: sockets, pipes and devices are no part of a context. */
function isSent(stat: BigIntStats): boolean {
  return stat.isFile() || stat.isDirectory() || stat.isSymbolicLink()
}

/** Where the walk met this file's inode before; '' where it did not. */
function firstLink({ path, stat }: WalkedFile, linked: Map<string, ByteString>): ByteString {
  if (!stat.isFile() || stat.nlink === 1n) return NO_LINK
  const inode = `${stat.dev}:${stat.ino}`
  const first = linked.get(inode)
  if (first === undefined) linked.set(inode, path)
  return first ?? NO_LINK
}

const NO_LINK = asByteString('')

/** A folder's times say nothing that its entries do not. The time of the last change of the inode cannot be set back. */
function stampOf({ mode, size, mtimeNs, ctimeNs, ino, ...stat }: BigIntStats, first: ByteString): string {
  return (mode & S_IFMT) === S_IFDIR ? `${mode}` : `${mode} ${size} ${mtimeNs} ${ctimeNs} ${stat.dev}:${ino} ${first}`
}

const S_IFMT = 0o170000n
const S_IFDIR = 0o040000n

function describe(root: ByteString, { path, stat }: WalkedFile, stamp: string, first: ByteString): SyncedFile {
  const host = joinName(root, path)
  const kind = kindOf(stat)
  const isLink = kind === 'symlink'
  const linkTarget = isLink ? asByteString(readlinkSync(bytesOf(host), { encoding: 'latin1' })) : first
  const metadata = { mode: Number(stat.mode & 0o7777n), uid: 0, gid: 0, mtimeNs: stat.mtimeNs, xattrs: isLink ? new Map<string, Uint8Array>() : contextXattrs(host) }
  return { path, kind, stamp, metadata, linkTarget }
}

function kindOf(stat: BigIntStats): SyncedFile['kind'] {
  if (stat.isSymbolicLink()) return 'symlink'
  return stat.isDirectory() ? 'folder' : 'file'
}

/** Again where somebody wrote to it meanwhile. */
async function readFile(root: ByteString, { path, stat }: WalkedFile, place: ByteString, signal: AbortSignal): Promise<Digest> {
  const host = joinName(root, path)
  let before = stat
  for (let read = 0; read < MAX_READS; read++) {
    const content = await copyReadable(host, place, path, signal)
    const after = lstatSync(bytesOf(host), { bigint: true, throwIfNoEntry: false })
    if (after?.ctimeNs === before.ctimeNs && after.size === before.size) return content
    await rm(bytesOf(place), { force: true })
    if (after?.isFile() !== true) break
    before = after
  }
  throw new ContextChangedError(path)
}

async function copyReadable(host: ByteString, place: ByteString, path: ByteString, signal: AbortSignal): Promise<Digest> {
  try {
    return await copyContent(host, place, signal)
  } catch (error) {
    if (errorCode(error) === 'EACCES') throw new ContextUnreadableError(path, error)
    throw error
  }
}

export class ContextChangedError extends BuildError {
  readonly kind = 'conflict'
  constructor(path: ByteString) {
    super(`file ${JSON.stringify(textOfBytes(path))} of the build context changes while it is read`, { hint: 'stop what writes to it, or exclude it in .dockerignore' })
  }
}

export class ContextUnreadableError extends BuildError {
  readonly kind = 'denied'
  constructor(path: ByteString, cause: unknown) {
    super(`file ${JSON.stringify(textOfBytes(path))} of the build context cannot be read`, { hint: 'change its permissions, or exclude it in .dockerignore', cause })
  }
}
