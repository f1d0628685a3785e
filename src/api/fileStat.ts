import { create } from '@bufbuild/protobuf'
import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { BuildError } from '../ground/errors.ts'
import type { FileStat } from './fileSync.ts'
import { StatSchema, type Stat } from './gen/stat_pb.ts'

export function isFolder({ mode }: FileStat): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR
}

export function isRegular({ mode }: FileStat): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFREG
}

export function isSocket({ mode }: FileStat): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFSOCK
}

/** Whether the content may be asked for: both ends must agree on it. A hard link has that of the path it leads to. */
export function hasContent(stat: FileStat): boolean {
  return isRegular(stat) && stat.linkTarget === ''
}

/** The wire has modes as Go's os.FileMode: the type in single high bits, setuid and the like above the permissions. */
export function encodeFileStat(stat: FileStat): Stat {
  return create(StatSchema, {
    path: Buffer.from(stat.path),
    mode: toGoMode(stat.mode),
    uid: stat.uid,
    gid: stat.gid,
    size: BigInt(stat.sizeBytes),
    modTime: stat.mtimeNs,
    linkname: Buffer.from(stat.linkTarget),
    devmajor: BigInt(stat.deviceMajor),
    devminor: BigInt(stat.deviceMinor),
    xattrs: Object.fromEntries(stat.xattrs),
  })
}

/** @throws FileNameError */
export function decodeFileStat(stat: Stat): FileStat {
  return {
    path: decodeName(stat.path),
    mode: fromGoMode(stat.mode),
    uid: stat.uid,
    gid: stat.gid,
    sizeBytes: Number(stat.size),
    mtimeNs: stat.modTime,
    linkTarget: decodeName(stat.linkname),
    deviceMajor: Number(stat.devmajor),
    deviceMinor: Number(stat.devminor),
    xattrs: new Map(Object.entries(stat.xattrs)),
  }
}

/** A name that is not UTF-8: it may be in a folder, but not in what is sent of it. */
export class FileNameError extends BuildError {
  readonly kind = 'usage'
}

function decodeName(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new FileNameError(`file name is not UTF-8: ${JSON.stringify(Buffer.from(bytes).toString())}`, { hint: 'rename it, or exclude it by .dockerignore' })
  return Buffer.from(bytes).toString()
}

const GO_DEVICE = 2 ** 26
const GO_CHARACTER = 2 ** 21
const PERMISSIONS = 0o777

/** A socket has no bit: it travels as an empty regular file, as from BuildKit's clients. */
const TYPES: readonly (readonly [type: number, goBits: number])[] = [
  [constants.S_IFDIR, 2 ** 31],
  [constants.S_IFLNK, 2 ** 27],
  [constants.S_IFCHR, GO_DEVICE + GO_CHARACTER],
  [constants.S_IFBLK, GO_DEVICE],
  [constants.S_IFIFO, 2 ** 25],
]

const FLAGS: readonly (readonly [flag: number, goBit: number])[] = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
]

/** Go's bits go up to 2^31, which JavaScript's own operators take for a sign. */
function hasBits(mode: number, bits: number): boolean {
  return ((mode & bits) >>> 0) === bits
}

function toGoMode(mode: number): number {
  const typeBits = TYPES.find(([type]) => type === (mode & constants.S_IFMT))?.[1] ?? 0
  return FLAGS.reduce((bits, [flag, goBit]) => (hasBits(mode, flag) ? bits + goBit : bits), (mode & PERMISSIONS) + typeBits)
}

function fromGoMode(goMode: number): number {
  const type = TYPES.find(([, goBits]) => hasBits(goMode, goBits))?.[0] ?? constants.S_IFREG
  return FLAGS.reduce((mode, [flag, goBit]) => (hasBits(goMode, goBit) ? mode | flag : mode), (goMode & PERMISSIONS) | type)
}
