import { chmodSync, closeSync, fchmodSync, fchownSync, lstatSync, openSync, readlinkSync, type BigIntStats } from 'node:fs'
import { asByteString, bytesOf, type ByteString } from '../../kit/byteString.ts'
import { futimens, lchown, lgetxattr, lsetxattr, mknod, readXattrs, utimens } from '../../kit/syscalls.ts'
import { SyscallError } from '../../kit/syscalls/libc.ts'

/**
 * What stands in a layer's folder, in the format of overlayfs (Documentation/filesystems/overlayfs.rst, "whiteouts and
 * opaque directories", with `userxattr`), and what of it the layer's reader is to see. Two things an ordinary user
 * cannot make are kept as attributes of what he can: device nodes and owners outside the namespace's map.
 */
export interface LayerFile {
  readonly shape: FileShape
  /** Permissions, with set-id and sticky bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeNs: bigint
  /** Those that belong to an image: `user.*` and `security.capability`. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>
}

export type FileShape =
  | { readonly kind: 'file'; readonly sizeBytes: number; readonly inode: string; readonly linkCount: number }
  | { readonly kind: 'folder'; readonly isOpaque: boolean }
  | { readonly kind: 'symlink'; readonly target: ByteString }
  | DeviceShape
  | { readonly kind: 'fifo' }
  | { readonly kind: 'socket' }
  /** The name is taken away from the layers below. */
  | { readonly kind: 'whiteout' }

export interface DeviceShape {
  readonly kind: 'character-device' | 'block-device'
  readonly major: number
  readonly minor: number
}

export type FileMetadata = Omit<LayerFile, 'shape'>

const S_IFCHR = 0o020000
const S_IFBLK = 0o060000
const PERMISSIONS = 0o7777

const OPAQUE = 'user.overlay.opaque'
/** Where mknod is refused. Only Pelago's own readers need understand it: overlayfs is not used then. */
const WHITEOUT = 'user.overlay.whiteout'
const OVERLAY_PREFIX = 'user.overlay.'
/** overlayfs itself shows `user.overlay.overlay.x` as `user.overlay.x`, so that an overlay fits inside an overlay. */
const ESCAPED_PREFIX = 'user.overlay.overlay.'
const DEVICE = 'user.pelago.device'
const OWNER = 'user.pelago.owner'
const PELAGO_PREFIX = 'user.pelago.'
const CAPABILITY = 'security.capability'
const YES = Buffer.from('y')

/** @throws ENOENT and the like */
export function readLayerFile(path: ByteString): LayerFile {
  const bytes = bytesOf(path)
  return describe(bytes, lstatSync(bytes, { bigint: true }))
}

/** Undefined where there is nothing of that name. */
export function findLayerFile(path: ByteString): LayerFile | undefined {
  const bytes = bytesOf(path)
  const stat = lstatSync(bytes, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : describe(bytes, stat)
}

function describe(path: Buffer, stat: BigIntStats): LayerFile {
  const raw = stat.isSymbolicLink() || stat.isCharacterDevice() ? NO_XATTRS : readXattrs(path)
  const [uid, gid] = ownerOf(raw) ?? [Number(stat.uid), Number(stat.gid)]
  return { shape: shapeOf(path, stat, raw), mode: Number(stat.mode) & PERMISSIONS, uid, gid, mtimeNs: stat.mtimeNs, xattrs: imageXattrs(raw) }
}

function shapeOf(path: Buffer, stat: BigIntStats, raw: ReadonlyMap<string, Uint8Array>): FileShape {
  if (stat.isFile()) return regularShape(stat, raw)
  if (stat.isDirectory()) return { kind: 'folder', isOpaque: isYes(raw.get(OPAQUE)) }
  if (stat.isSymbolicLink()) return { kind: 'symlink', target: asByteString(readlinkSync(path, { encoding: 'latin1' })) }
  if (stat.isCharacterDevice()) return stat.rdev === 0n ? { kind: 'whiteout' } : { kind: 'character-device', ...deviceNumbers(stat.rdev) }
  if (stat.isBlockDevice()) return { kind: 'block-device', ...deviceNumbers(stat.rdev) }
  return { kind: stat.isFIFO() ? 'fifo' : 'socket' }
}

function regularShape(stat: BigIntStats, raw: ReadonlyMap<string, Uint8Array>): FileShape {
  if (stat.size === 0n) {
    if (raw.has(WHITEOUT)) return { kind: 'whiteout' }
    const device = parseDevice(raw.get(DEVICE))
    if (device !== undefined) return device
  }
  return { kind: 'file', sizeBytes: Number(stat.size), inode: `${stat.dev}:${stat.ino}`, linkCount: Number(stat.nlink) }
}

/** As glibc's `gnu_dev_major` and `gnu_dev_minor`. */
function deviceNumbers(rdev: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  }
}

function parseDevice(value: Uint8Array | undefined): DeviceShape | undefined {
  const match = value === undefined ? null : /^([cb]):(\d{1,8}):(\d{1,8})$/.exec(Buffer.from(value).toString('latin1'))
  return match === null ? undefined : { kind: match[1] === 'c' ? 'character-device' : 'block-device', major: Number(match[2]), minor: Number(match[3]) }
}

function ownerOf(raw: ReadonlyMap<string, Uint8Array>): readonly [uid: number, gid: number] | undefined {
  const value = raw.get(OWNER)
  const match = value === undefined ? null : /^(\d{1,10}):(\d{1,10})$/.exec(Buffer.from(value).toString('latin1'))
  return match === null ? undefined : [Number(match[1]), Number(match[2])]
}

function imageXattrs(raw: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  if (raw.size === 0) return NO_XATTRS
  const kept = [...raw].flatMap(([name, value]): [string, Uint8Array][] => {
    if (name.startsWith(ESCAPED_PREFIX)) return [[OVERLAY_PREFIX + name.slice(ESCAPED_PREFIX.length), value]]
    return isImageXattr(name) && !name.startsWith(OVERLAY_PREFIX) ? [[name, value]] : []
  })
  return new Map(kept)
}

/** Labels of security modules and of the host's own tools say nothing about an image; BuildKit leaves them out too. */
function isImageXattr(name: string): boolean {
  return name === CAPABILITY || (name.startsWith('user.') && !name.startsWith(PELAGO_PREFIX))
}

/** Gives a file or folder that was just made all it should have but its content. Times come last: all else changes them. */
export function applyMetadata(target: ByteString, metadata: FileMetadata, kind: FileShape['kind']): void {
  const path = bytesOf(target)
  const isLink = kind === 'symlink'
  if (!isOwnerSet(() => lchown(path, metadata.uid, metadata.gid)) && !isLink && kind !== 'fifo') noteOwner(path, metadata)
  if (!isLink) chmodSync(path, metadata.mode) // after the owner: chown clears set-id bits and capabilities
  if (!isLink) setXattrs(path, metadata)
  utimens(path, metadata.mtimeNs, metadata.mtimeNs)
}

/** The same for a file that is open, which spares looking its path up for each. `target` is where it stands. */
export function applyToOpenFile(fd: number, target: ByteString, metadata: FileMetadata): void {
  if (!isOwnerSet(() => fchownSync(fd, metadata.uid, metadata.gid))) noteOwner(bytesOf(target), metadata)
  fchmodSync(fd, metadata.mode)
  if (metadata.xattrs.size > 0) setXattrs(bytesOf(target), metadata)
  futimens(fd, metadata.mtimeNs, metadata.mtimeNs)
}

/** False where the owner is outside the namespace's map. Symbolic links and pipes, which take no attributes, then become root's. */
function isOwnerSet(changeOwner: () => void): boolean {
  try {
    changeOwner()
    return true
  } catch (error) {
    if (!isCode(error, 'EINVAL')) throw error
    return false
  }
}

function noteOwner(path: Buffer, { uid, gid }: FileMetadata): void {
  lsetxattr(path, OWNER, Buffer.from(`${uid}:${gid}`))
}

function setXattrs(path: Buffer, { xattrs }: FileMetadata): void {
  for (const [name, value] of xattrs) {
    if (!isImageXattr(name)) continue
    lsetxattr(path, name.startsWith(OVERLAY_PREFIX) ? ESCAPED_PREFIX + name.slice(OVERLAY_PREFIX.length) : name, value)
  }
}

/** Times too. */
export function hasSameMetadata(a: FileMetadata, b: FileMetadata): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.mtimeNs === b.mtimeNs && hasSameXattrs(a.xattrs, b.xattrs)
}

function hasSameXattrs(a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => isEqual(value, b.get(name)))
}

function isEqual(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0
}

/** In a folder of a layer, at a name that is free. */
export function makeWhiteout(target: ByteString): void {
  const path = bytesOf(target)
  try {
    mknod(path, S_IFCHR, 0, 0)
  } catch (error) {
    if (!isCode(error, 'EPERM')) throw error
    makeEmptyFile(path)
    lsetxattr(path, WHITEOUT, YES)
  }
}

export function makeOpaque(folder: ByteString): void {
  lsetxattr(bytesOf(folder), OPAQUE, YES)
}

export function isOpaque(folder: ByteString): boolean {
  return isYes(lgetxattr(bytesOf(folder), OPAQUE))
}

/** `x` is something else: a folder that has whiteouts made of attributes. */
function isYes(value: Uint8Array | undefined): boolean {
  return value !== undefined && YES.equals(value)
}

/** A node where the kernel allows it, else what stands for one; the caller applies owner and mode to either. */
export function makeDevice(target: ByteString, device: DeviceShape): void {
  const path = bytesOf(target)
  const isChar = device.kind === 'character-device'
  // 0/0 as a node would be a whiteout
  if ((device.major !== 0 || device.minor !== 0) && tryNode(path, (isChar ? S_IFCHR : S_IFBLK) | 0o600, device)) return
  makeEmptyFile(path)
  lsetxattr(path, DEVICE, Buffer.from(`${isChar ? 'c' : 'b'}:${device.major}:${device.minor}`))
}

function tryNode(path: Buffer, mode: number, { major, minor }: DeviceShape): boolean {
  try {
    mknod(path, mode, major, minor)
    return true
  } catch (error) {
    if (isCode(error, 'EPERM')) return false
    throw error
  }
}

function makeEmptyFile(path: Buffer): void {
  closeSync(openSync(path, 'wx', 0o600))
}

export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  if (error instanceof SyscallError) return codes.includes(error.code)
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map()

/** Of a root, or a folder on the way to a file, of which no layer says anything. */
export const NEW_FOLDER: FileMetadata = { mode: 0o755, uid: 0, gid: 0, mtimeNs: 0n, xattrs: NO_XATTRS }
