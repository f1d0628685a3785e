import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readlinkSync } from 'node:fs'
import { BuildError } from '../ground/errors.ts'
import { asByteString, bytesOf, fromBytes, textOfBytes, type ByteString } from '../kit/byteString.ts'
import { openat2, RESOLVE, SyscallError } from '../kit/syscalls.ts'

/*
 * Paths from outside (an archive, an image, a build's context) inside a root folder, as a process sees them whose root
 * that folder is: absolute links start at the root, `..` stops at it. A folder once found is held by its descriptor and
 * used as `/proc/self/fd/N/name`, so nobody can put a symbolic link in its place afterwards.
 */

/** A folder, or another file, that is held open. */
export interface OpenFolder extends Disposable {
  readonly fd: number
  /**
   * A path for system calls that do not follow a link in its last component. `name` is one component, '' the folder itself.
   * @throws PathUnsafeError where it is `.`, `..` or has a slash
   */
  pathOf(name: ByteString): Buffer
}

/** Where in a root something is or would be. */
export interface Location extends Disposable {
  readonly folder: OpenFolder
  /** '' where it is the root itself. */
  readonly name: ByteString
  /** `folder.pathOf(name)` */
  readonly path: Buffer
}

/** The root itself; its own path is trusted, links and all. @throws the errors of `open` */
export function openRoot(path: string): OpenFolder {
  return holdFolder(openSync(path, O_PATH | constants.O_DIRECTORY))
}

/** The folder that `path` leads to, links followed inside `root`. @throws SyscallError ENOENT, ENOTDIR, ELOOP */
export function openFolderIn(root: OpenFolder, path: ByteString): OpenFolder {
  return holdFolder(openPath(root, path))
}

/** The same, of whatever it is: only looked up, so no pipe and no device is waited for. `/proc/self/fd/N` opens it. @throws SyscallError ENOENT, ENOTDIR, ELOOP */
export function openIn(root: OpenFolder, path: ByteString): OpenFolder {
  return holdFolder(openPath(root, path, 0))
}

/**
 * Where `path` is: links in the folders on the way are followed inside `root`, one in its last component is not.
 * @throws SyscallError where a folder on the way is absent
 */
export function locateIn(root: OpenFolder, path: ByteString): Location {
  const { folder, name } = splitPath(path)
  return toLocation(openFolderIn(root, folder), name)
}

/** The same, but folders on the way that are absent are made, with mode 0755. @throws SyscallError ENOTDIR */
export function ensureLocationIn(root: OpenFolder, path: ByteString): Location {
  const { folder, name } = splitPath(path)
  return toLocation(ensureFolderIn(root, folder), name)
}

/** Makes what is absent of `path` with mode 0755; links on the way that lead somewhere are followed inside `root`. @throws SyscallError ENOTDIR, ELOOP, EEXIST */
export function ensureFolderIn(root: OpenFolder, path: ByteString): OpenFolder {
  try {
    return openFolderIn(root, path)
  } catch (error) {
    if (!(error instanceof SyscallError && error.code === 'ENOENT')) throw error
  }
  const { folder, name } = splitPath(path)
  if (name === '') {
    // it ends in `..`: what that goes back from is made first, as `mkdir -p` does
    ensureFolderIn(root, asByteString(folder.replace(/\.\.$/, '')))[Symbol.dispose]()
    return openFolderIn(root, folder)
  }
  using parent = ensureFolderIn(root, folder)
  makeFolder(parent.pathOf(name))
  return openFolderIn(parent, name)
}

/**
 * The path without links that `path` stands for, relative to `root`, '' for the root: as realpath(3) in a chroot.
 * @throws SyscallError ENOENT, ELOOP
 */
export function resolveIn(root: OpenFolder, path: ByteString): ByteString {
  const fd = openPath(root, path, 0)
  try {
    const found = readlinkSync(`/proc/self/fd/${fd}`, 'buffer')
    const base = readlinkSync(`/proc/self/fd/${root.fd}`, 'buffer')
    const isInside = found.subarray(0, base.byteLength).equals(base)
    if (!isInside) throw new PathUnsafeError(path, 'it left its root while it was looked up')
    return asByteString(fromBytes(found.subarray(base.byteLength)).replace(/^\/+/, ''))
  } finally {
    closeSync(fd)
  }
}

/** `.`, empty components and slashes at the ends removed, `..` taken back as far as the root: a name that an archive's entries can be compared by. */
export function normalizePath(path: ByteString): ByteString {
  const kept: string[] = []
  for (const component of path.split('/')) {
    if (component === '..') kept.pop()
    else if (component !== '' && component !== '.') kept.push(component)
  }
  return asByteString(kept.join('/'))
}

/** A path that would lead where it must not. */
export class PathUnsafeError extends BuildError {
  readonly kind = 'corrupt'
  constructor(path: ByteString, why: string) {
    super(`unsafe path ${JSON.stringify(textOfBytes(path))}: ${why}`)
  }
}

const O_PATH = 0o10000000

function holdFolder(fd: number): OpenFolder {
  let isOpen = true
  return {
    fd,
    pathOf(name) {
      if (name === '.' || name === '..' || name.includes('/') || name.includes('\0')) throw new PathUnsafeError(name, 'it is no name of a file in a folder')
      return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), bytesOf(name)])
    },
    [Symbol.dispose]() {
      if (isOpen) closeSync(fd)
      isOpen = false
    },
  }
}

function toLocation(folder: OpenFolder, name: ByteString): Location {
  try {
    return { folder, name, path: folder.pathOf(name), [Symbol.dispose]: () => folder[Symbol.dispose]() }
  } catch (error) {
    folder[Symbol.dispose]()
    throw error
  }
}

/** The last component apart. One that is `..` belongs to the folder, whose links come first. */
function splitPath(path: ByteString): { readonly folder: ByteString; readonly name: ByteString } {
  const components = path.split('/')
  while (components.at(-1) === '' || components.at(-1) === '.') components.pop()
  const name = components.at(-1) === '..' ? '' : (components.pop() ?? '')
  return { folder: asByteString(components.join('/')), name: asByteString(name) }
}

/** An O_PATH descriptor. */
function openPath(root: OpenFolder, path: ByteString, extraFlags: number = constants.O_DIRECTORY): number {
  const relative = path.replace(/^\/+/, '')
  const bytes = bytesOf(asByteString(relative === '' ? '.' : relative))
  try {
    return openat2(root.fd, bytes, { flags: O_PATH | extraFlags, mode: 0, resolve: RESOLVE.inRoot | RESOLVE.noMagiclinks })
  } catch (error) {
    // Linux before 5.6, or a seccomp profile older than the call
    if (!(error instanceof SyscallError && (error.code === 'ENOSYS' || error.code === 'EPERM'))) throw error
    return walkIn(root, path, extraFlags)
  }
}

/** As many links as the kernel follows. */
const MAX_LINKS = 40

/** What `openat2` does, component by component; a folder passed is held, so `..` leads to where the walk came from. For tests too. */
export function walkIn(root: OpenFolder, path: ByteString, extraFlags: number): number {
  const passed = [openSync(`/proc/self/fd/${root.fd}`, O_PATH | constants.O_DIRECTORY)]
  const pending = path.split('/').reverse()
  let links = 0
  try {
    for (let component = pending.pop(); component !== undefined; component = pending.pop()) {
      const target = step(passed, component)
      if (target === undefined) continue
      links += 1
      if (links > MAX_LINKS) throw new SyscallError('walk', 'ELOOP', textOfBytes(path))
      if (target.startsWith('/')) closeAll(passed.splice(1))
      pending.push(...target.split('/').reverse())
    }
    const last = passed.at(-1) ?? -1
    if ((extraFlags & constants.O_DIRECTORY) !== 0 && !fstatSync(last).isDirectory()) throw new SyscallError('walk', 'ENOTDIR', textOfBytes(path))
    return passed.pop() ?? -1
  } finally {
    closeAll(passed)
  }
}

/** Goes one component on; a link is not entered, its target comes back. */
function step(passed: number[], component: string): ByteString | undefined {
  const here = passed.at(-1) ?? -1
  if (component === '' || component === '.') return undefined
  if (component === '..') {
    if (passed.length > 1) closeAll(passed.splice(-1))
    return undefined
  }
  const path = Buffer.concat([Buffer.from(`/proc/self/fd/${here}/`), bytesOf(asByteString(component))])
  const fd = openNoFollow(path, component)
  if (!fstatSync(fd).isSymbolicLink()) {
    passed.push(fd)
    return undefined
  }
  closeSync(fd)
  return fromBytes(readlinkSync(path, 'buffer'))
}

function openNoFollow(path: Buffer, component: string): number {
  try {
    return openSync(path, O_PATH | constants.O_NOFOLLOW)
  } catch (error) {
    throw new SyscallError('open', (error as NodeJS.ErrnoException).code ?? 'EIO', textOfBytes(asByteString(component)))
  }
}

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd)
}

/** @throws SyscallError EEXIST where a file, or a link that leads nowhere, is in the way */
function makeFolder(path: Buffer): void {
  try {
    mkdirSync(path, 0o755)
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && lstatSync(path).isDirectory()) return // somebody else made it just now
    throw new SyscallError('mkdir', code, path.toString())
  }
}
