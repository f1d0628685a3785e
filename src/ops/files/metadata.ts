import { chmodSync, lstatSync, type BigIntStats } from 'node:fs'
import { BuildError } from '../../ground/errors.ts'
import { applyMode, type FileMode } from '../../ground/fileMode.ts'
import { bytesOf, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { lchown, lsetxattr, readXattrs, utimens } from '../../kit/syscalls.ts'
import { errorCode } from './errorCode.ts'

/** What a file has beside its type and content. */
export interface FileMetadata {
  /** Permissions with set-id and sticky bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeNs: bigint
  readonly xattrs: ReadonlyMap<string, Uint8Array>
}

/** Numeric, as a Dockerfile's `--chown` was understood. */
export interface FileOwner {
  readonly uid: number
  readonly gid: number
}

const PERMISSIONS = 0o7777n
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map()

export function findStat(path: ByteString): BigIntStats | undefined {
  return lstatSync(bytesOf(path), { bigint: true, throwIfNoEntry: false })
}

export function readMetadata(path: ByteString, stat: BigIntStats): FileMetadata {
  return {
    mode: Number(stat.mode & PERMISSIONS),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtimeNs: stat.mtimeNs,
    xattrs: stat.isFile() || stat.isDirectory() ? imageXattrs(readXattrs(bytesOf(path))) : NO_XATTRS,
  }
}

/** Those that are the image's: labels of security modules are the host's, and overlayfs' own are the store's. */
function imageXattrs(all: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  if (all.size === 0) return NO_XATTRS
  return new Map([...all].filter(([name]) => name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.'))))
}

/** The attribute in which the snapshot store keeps an owner that the namespace has no id for. */
const STORED_OWNER = 'user.pelago.owner'

/** What a copy changes of what its source has. */
export interface MetadataChange {
  readonly owner: FileOwner | undefined
  readonly mode: FileMode | undefined
  readonly timestampNs: bigint | undefined
}

/** What `metadata` becomes under `--chown`, `--chmod` and a set time; the same object where nothing changes. */
export function withOverrides(metadata: FileMetadata, { owner, mode, timestampNs }: MetadataChange, type: 'folder' | 'symlink' | 'other'): FileMetadata {
  if (owner === undefined && mode === undefined && timestampNs === undefined) return metadata
  const xattrs = owner === undefined || !metadata.xattrs.has(STORED_OWNER) ? metadata.xattrs : new Map([...metadata.xattrs].filter(([name]) => name !== STORED_OWNER))
  const changed = mode === undefined || type === 'symlink' ? metadata.mode : applyMode(mode, metadata.mode, type)
  return { ...metadata, ...owner, xattrs, mode: changed, mtimeNs: timestampNs ?? metadata.mtimeNs }
}

/** For a file that was just made, and is nobody else's. Times come last: all else changes them. @throws OwnerUnmappedError */
export function applyMetadata(path: ByteString, metadata: FileMetadata, kind: 'symlink' | 'other'): void {
  const bytes = bytesOf(path)
  changeOwner(path, metadata)
  if (kind === 'other') {
    chmodSync(bytes, metadata.mode) // after the owner: chown clears set-id bits and capabilities
    for (const [name, value] of metadata.xattrs) setXattr(bytes, name, value)
  }
  utimens(bytes, metadata.mtimeNs, metadata.mtimeNs)
}

/** As BuildKit: where the file system takes no attributes, the file comes without them. */
function setXattr(path: Buffer, name: string, value: Uint8Array): void {
  try {
    lsetxattr(path, name, value)
  } catch (error) {
    if (!['ENOTSUP', 'EPERM'].includes(errorCode(error))) throw error
  }
}

function changeOwner(path: ByteString, { uid, gid }: FileOwner): void {
  try {
    lchown(bytesOf(path), uid, gid)
  } catch (error) {
    if (errorCode(error) === 'EINVAL') throw new OwnerUnmappedError(path, uid, gid)
    throw error
  }
}

/** The build's user namespace has no such id. */
export class OwnerUnmappedError extends BuildError {
  readonly kind = 'denied'
  constructor(path: ByteString, uid: number, gid: number) {
    super(`cannot give ${JSON.stringify(textOfBytes(path))} to ${uid}:${gid}: this user may not use that id`, { hint: 'use an id below 65536, or widen the range of this user in /etc/subuid and /etc/subgid' })
  }
}
