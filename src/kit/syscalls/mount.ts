import { closeSync, constants, openSync } from 'node:fs'
import { call, callAsync, cPath, declare, SyscallError, textOf, type BytePath } from './libc.ts'

/** Mounting, in the mount namespace of this process. */

const MOUNT = declare('mount', ['void *', 'void *', 'void *', 'ulong', 'void *'])
const UMOUNT2 = declare('umount2', ['void *', 'int'])
const FSOPEN = declare('syscall', ['long', 'void *', 'uint'], 'long')
const FSCONFIG = declare('syscall', ['long', 'int', 'uint', 'void *', 'void *', 'int'], 'long')
const FSMOUNT = declare('syscall', ['long', 'int', 'uint', 'uint'], 'long')
const MOVE_MOUNT = declare('syscall', ['long', 'int', 'void *', 'int', 'void *', 'uint'], 'long')

/** Flags of mount(2). */
export const MOUNT_FLAG = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  remount: 0x20,
  noatime: 0x400,
  bind: 0x1000,
  recursive: 0x4000,
  private: 0x40000,
  slave: 0x80000,
} as const

/** Flags of umount2(2). */
export const UNMOUNT_FLAG = { detach: 0x2, nofollow: 0x8 } as const

export interface MountRequest {
  /** A device, a folder for a bind mount, or any word where the type needs none. */
  readonly source: BytePath
  readonly target: BytePath
  /** `tmpfs`, `proc`; '' for bind mounts and remounts. */
  readonly type: string
  /** `MOUNT_FLAG`'s, combined by or. */
  readonly flags: number
  /** `mode=0755,size=65536k`; '' where there is none. */
  readonly data: string
}

/** mount(2). @throws SyscallError */
export function mount({ source, target, type, flags, data }: MountRequest): void {
  const values = [cPath(source), cPath(target), type === '' ? null : cPath(type), flags, data === '' ? null : cPath(data)]
  call(MOUNT, values, { syscall: `mount ${type === '' ? 'bind' : type}`, path: target })
}

/** umount2(2), on another thread: a file system may have much to write back. @throws SyscallError EINVAL where nothing is mounted */
export async function unmount(target: BytePath, flags: number): Promise<void> {
  await callAsync(UMOUNT2, [cPath(target), flags | UNMOUNT_FLAG.nofollow], { syscall: 'umount2', path: target })
}

export interface OverlayMount {
  readonly target: BytePath
  /** Highest first; at least one, or two where there is no upper folder; the kernel takes 500. */
  readonly lower: readonly BytePath[]
  /** Undefined: a view that nobody can write. */
  readonly upper: { readonly folder: BytePath; readonly work: BytePath } | undefined
  /** `userxattr`, `volatile`, `metacopy=off` */
  readonly options: readonly string[]
}

/**
 * An overlay of any number of layers, wherever they are: their paths are passed one by one where the kernel can
 * (Linux 6.7), else as `/proc/self/fd/N`, of which some 200 fit the page that mount(2) has for them.
 * @throws SyscallError
 */
export function mountOverlay(overlay: OverlayMount): void {
  const folders = [...overlay.lower, ...(overlay.upper === undefined ? [] : [overlay.upper.folder, overlay.upper.work])]
  const opened: number[] = []
  try {
    for (const folder of folders) opened.push(openFolder(folder))
    const short = opened.map((fd) => `/proc/self/fd/${fd}`)
    const plain = folders.map((folder, index) => (cPath(folder).byteLength > FSCONFIG_BOUND_BYTES ? (short[index] ?? '') : folder))
    if (tryNewMount(overlay, plain)) return
    const [upper, work] = short.slice(overlay.lower.length)
    const upperOptions = upper === undefined || work === undefined ? [] : [`upperdir=${upper}`, `workdir=${work}`]
    const data = [`lowerdir=${short.slice(0, overlay.lower.length).join(':')}`, ...upperOptions, ...overlay.options].join(',')
    mount({ source: 'overlay', target: overlay.target, type: 'overlay', flags: 0, data })
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}

/** What fsconfig(2) takes as one value, its NUL counted. */
const FSCONFIG_BOUND_BYTES = 256
const [FSOPEN_NUMBER, FSCONFIG_NUMBER, FSMOUNT_NUMBER, MOVE_MOUNT_NUMBER] = [430, 431, 432, 429]
const FSCONFIG_COMMAND = { setFlag: 0, setString: 1, create: 6 } as const

/** `folders` are the lower ones, then upper and work. False where the kernel knows no `lowerdir+`. @throws SyscallError on other failures */
function tryNewMount({ target, lower, options }: OverlayMount, folders: readonly BytePath[]): boolean {
  const site = { syscall: 'mount overlay', path: target }
  const settings = folders.map((folder, index) => ({ key: OVERLAY_KEYS[index - lower.length] ?? 'lowerdir+', value: folder }))
  let context: number | undefined
  let mounted: number | undefined
  try {
    context = call(FSOPEN, [FSOPEN_NUMBER, cPath('overlay'), 1], site)
    for (const { key, value } of settings) configure(context, { key, value }, target)
    for (const option of options) {
      const [key = '', value] = option.split(/=(.*)/s, 2)
      configure(context, { key, value }, target)
    }
    call(FSCONFIG, [FSCONFIG_NUMBER, context, FSCONFIG_COMMAND.create, null, null, 0], site)
    mounted = call(FSMOUNT, [FSMOUNT_NUMBER, context, 1, 0], site)
    const MOVE_MOUNT_F_EMPTY_PATH = 4
    call(MOVE_MOUNT, [MOVE_MOUNT_NUMBER, mounted, cPath(''), -100, cPath(target), MOVE_MOUNT_F_EMPTY_PATH], site)
    return true
  } catch (error) {
    // EPERM: some seccomp profiles allow mount(2) only. mount(2) then gives the final word.
    if (error instanceof SyscallError && (error.code === 'ENOSYS' || error.code === 'EINVAL' || error.code === 'EPERM')) return false
    throw error
  } finally {
    if (mounted !== undefined) closeSync(mounted)
    if (context !== undefined) closeSync(context)
  }
}

const OVERLAY_KEYS = ['upperdir', 'workdir'] as const

interface Setting {
  readonly key: string
  /** Undefined: a flag. */
  readonly value: BytePath | undefined
}

function configure(context: number, { key, value }: Setting, target: BytePath): void {
  const command = value === undefined ? FSCONFIG_COMMAND.setFlag : FSCONFIG_COMMAND.setString
  const site = { syscall: `mount overlay ${key}`, path: target }
  call(FSCONFIG, [FSCONFIG_NUMBER, context, command, cPath(key), value === undefined ? null : cPath(value), 0], site)
}

function openFolder(path: BytePath): number {
  const O_PATH = 0o10000000
  try {
    return openSync(typeof path === 'string' ? path : Buffer.from(path), constants.O_DIRECTORY | O_PATH)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'EIO'
    throw new SyscallError('open', code, textOf(path))
  }
}
