import { call, callAsync, cPath, declare, SyscallError, type BytePath } from './syscalls/libc.ts'

/*
 * Linux system calls that `node:fs` lacks. Those that return at once are synchronous. None follows a symbolic link in
 * the last component of its path; links before it are followed, so a path from outside goes through
 * `archive/safePath.ts` first. What copies is in `syscalls/cloneFile.ts`, what mounts in `syscalls/mount.ts`.
 */

const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100

const LGETXATTR = declare('lgetxattr', ['void *', 'void *', 'void *', 'size_t'], 'long')
const LSETXATTR = declare('lsetxattr', ['void *', 'void *', 'void *', 'size_t', 'int'])
const LLISTXATTR = declare('llistxattr', ['void *', 'void *', 'size_t'], 'long')
const LREMOVEXATTR = declare('lremovexattr', ['void *', 'void *'])
const LCHOWN = declare('lchown', ['void *', 'uint32_t', 'uint32_t'])
const FUTIMENS = declare('futimens', ['int', 'void *'])
const UTIMENSAT = declare('utimensat', ['int', 'void *', 'void *', 'int'])
const FLOCK = declare('flock', ['int', 'int'])
const LINKAT = declare('linkat', ['int', 'void *', 'int', 'void *', 'int'])
const SYNCFS = declare('syncfs', ['int'])
const LSEEK = declare('lseek64', ['int', 'int64_t', 'int'], 'int64_t')
const MKNODAT = declare('syscall', ['long', 'int', 'void *', 'uint32_t', 'uint32_t'], 'long')
const OPENAT2 = declare('syscall', ['long', 'int', 'void *', 'void *', 'size_t'], 'long')

/** The kernel's bound for one value and for the list of names (xattr(7)), so no call comes back with ERANGE. */
const XATTR_BOUND_BYTES = 65_536
const scratch = Buffer.alloc(XATTR_BOUND_BYTES)

/** Undefined where the attribute is absent or the file system has none. @throws SyscallError */
export function lgetxattr(path: BytePath, name: string): Uint8Array | undefined {
  return readXattr(cPath(path), name, path)
}

/** Creates or replaces. @throws SyscallError */
export function lsetxattr(path: BytePath, name: string, value: Uint8Array): void {
  call(LSETXATTR, [cPath(path), cPath(name), value, value.byteLength, 0], { syscall: 'lsetxattr', path })
}

/** Names in the kernel's order; none where the file system has no attributes. @throws SyscallError */
export function llistxattr(path: BytePath): readonly string[] {
  return listNames(cPath(path), path)
}

/** @throws SyscallError ENODATA where it is absent */
export function lremovexattr(path: BytePath, name: string): void {
  call(LREMOVEXATTR, [cPath(path), cPath(name)], { syscall: 'lremovexattr', path })
}

/** All attributes of a file that its reader may see, by name in the order of its bytes. @throws SyscallError */
export function readXattrs(path: BytePath): ReadonlyMap<string, Uint8Array> {
  const cpath = cPath(path)
  const names = listNames(cpath, path)
  if (names.length === 0) return NO_XATTRS
  const found = new Map<string, Uint8Array>()
  for (const name of names.toSorted()) {
    const value = readXattr(cpath, name, path)
    if (value !== undefined) found.set(name, value)
  }
  return found
}

/** `mode` is st_mode: type and permissions, less the umask. Device numbers count for `S_IFCHR` and `S_IFBLK` only. @throws SyscallError */
export function mknod(path: BytePath, mode: number, major: number, minor: number): void {
  const device = ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0
  call(MKNODAT, [syscallNumber(MKNODAT_NUMBERS), AT_FDCWD, cPath(path), mode, device], { syscall: 'mknod', path })
}

/** Ids up to 2^32-2; 2^32-1 leaves one as it is. @throws SyscallError */
export function lchown(path: BytePath, uid: number, gid: number): void {
  call(LCHOWN, [cPath(path), uid, gid], { syscall: 'lchown', path })
}

/** Times in nanoseconds since the epoch, before it too; `undefined` leaves one as it is. @throws SyscallError */
export function utimens(path: BytePath, atimeNs: bigint | undefined, mtimeNs: bigint | undefined): void {
  call(UTIMENSAT, [AT_FDCWD, cPath(path), timesOf(atimeNs, mtimeNs), AT_SYMLINK_NOFOLLOW], { syscall: 'utimensat', path })
}

/** The same for a file that is open. @throws SyscallError */
export function futimens(fd: number, atimeNs: bigint | undefined, mtimeNs: bigint | undefined): void {
  call(FUTIMENS, [fd, timesOf(atimeNs, mtimeNs)], { syscall: 'futimens', path: '' })
}

/** A hard link, to a symbolic link itself where `existing` is one. @throws SyscallError */
export function link(existing: BytePath, path: BytePath): void {
  call(LINKAT, [AT_FDCWD, cPath(existing), AT_FDCWD, cPath(path), 0], { syscall: 'linkat', path })
}

/** Never waits: false where another open file holds a lock that excludes this one. Closing the file gives it back. @throws SyscallError */
export function tryFlock(fd: number, kind: 'shared' | 'exclusive'): boolean {
  const LOCK_NB = 4
  try {
    call(FLOCK, [fd, (kind === 'shared' ? 1 : 2) | LOCK_NB], { syscall: 'flock', path: '' })
    return true
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'EAGAIN') return false
    throw error
  }
}

/** @throws SyscallError */
export function unlockFlock(fd: number): void {
  call(FLOCK, [fd, 8], { syscall: 'flock', path: '' })
}

/** Writes all that the file system of `fd` holds back. @throws SyscallError */
export async function syncfs(fd: number): Promise<void> {
  await callAsync(SYNCFS, [fd], { syscall: 'syncfs', path: '' })
}

/** The next byte of data, or of a hole, from `offset` on; undefined where there is no data until the end. Moves the file's own offset. @throws SyscallError */
export function seekSparse(fd: number, offset: number, to: 'data' | 'hole'): number | undefined {
  try {
    return call(LSEEK, [fd, offset, to === 'data' ? 3 : 4], { syscall: 'lseek', path: '' })
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'ENXIO') return undefined
    throw error
  }
}

/** How openat2(2) walks a path. */
export const RESOLVE = { noXdev: 0x01, noMagiclinks: 0x02, noSymlinks: 0x04, beneath: 0x08, inRoot: 0x10 } as const

export interface OpenHow {
  /** `fs.constants.O_*`; `O_CLOEXEC` is always added. */
  readonly flags: number
  /** Permissions of a file that is created; 0 where none is. */
  readonly mode: number
  /** `RESOLVE`'s, combined by or. */
  readonly resolve: number
}

/** A file descriptor, to be closed by the caller. @throws SyscallError ENOSYS before Linux 5.6; EXDEV where the path leaves `beneath` */
export function openat2(folderFd: number, path: BytePath, how: OpenHow): number {
  const O_CLOEXEC = 0x80000
  const bytes = Buffer.alloc(24)
  bytes.writeBigUInt64LE(BigInt(how.flags | O_CLOEXEC), 0)
  bytes.writeBigUInt64LE(BigInt(how.mode), 8)
  bytes.writeBigUInt64LE(BigInt(how.resolve), 16)
  const cpath = cPath(path)
  for (let attempt = 0; ; attempt++) {
    try {
      return call(OPENAT2, [437, folderFd, cpath, bytes, bytes.byteLength], { syscall: 'openat2', path })
    } catch (error) {
      // EAGAIN: something was renamed while the kernel walked; openat2(2) says to try again
      if (!(error instanceof SyscallError && error.code === 'EAGAIN') || attempt === OPENAT2_ATTEMPTS) throw error
    }
  }
}

/** A walk that loses every one of so many races is being raced on purpose. */
const OPENAT2_ATTEMPTS = 128

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map()

function readXattr(cpath: Buffer, name: string, path: BytePath): Uint8Array | undefined {
  try {
    const size = call(LGETXATTR, [cpath, cPath(name), scratch, scratch.byteLength], { syscall: 'lgetxattr', path })
    return Uint8Array.from(scratch.subarray(0, size))
  } catch (error) {
    if (error instanceof SyscallError && (error.code === 'ENODATA' || error.code === 'ENOTSUP')) return undefined
    throw error
  }
}

function listNames(cpath: Buffer, path: BytePath): readonly string[] {
  try {
    const size = call(LLISTXATTR, [cpath, scratch, scratch.byteLength], { syscall: 'llistxattr', path })
    return size === 0 ? [] : scratch.toString('utf8', 0, size - 1).split('\0')
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'ENOTSUP') return []
    throw error
  }
}

/** Two of `struct timespec`. */
function timesOf(atimeNs: bigint | undefined, mtimeNs: bigint | undefined): Buffer {
  const times = Buffer.alloc(32)
  writeTime(times, 0, atimeNs)
  writeTime(times, 16, mtimeNs)
  return times
}

function writeTime(target: Buffer, offset: number, ns: bigint | undefined): void {
  const UTIME_OMIT = 0x3ffffffen
  const second = 1_000_000_000n
  const remainder = ns === undefined ? UTIME_OMIT : ((ns % second) + second) % second
  target.writeBigInt64LE(ns === undefined ? 0n : (ns - remainder) / second, offset)
  target.writeBigInt64LE(remainder, offset + 8)
}

/** `mknodat` by number: libc has had it as a function only since glibc 2.33. */
const MKNODAT_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['x64', 259],
  ['arm64', 33],
  ['riscv64', 33],
  ['loong64', 33],
  ['arm', 324],
  ['ia32', 297],
  ['ppc64', 288],
  ['s390x', 290],
])

function syscallNumber(numbers: ReadonlyMap<string, number>): number {
  const number = numbers.get(process.arch)
  if (number === undefined) throw new SyscallError('syscall', 'ENOSYS', '')
  return number
}

export { SyscallError, type BytePath }
