import { chmodSync, chownSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openRoot, resolveIn, type OpenFolder } from '../archive/safePath.ts'
import { fromText, textOfBytes } from '../kit/byteString.ts'
import { SyscallError } from '../kit/syscalls.ts'
import { ProcessStartError, type MemoryFolder, type PrivateFile, type ProcessMount } from './executor.ts'
import { createMountStubs, type MountTarget } from './mountStubs.ts'
import type { OciMount } from './ociSpec.ts'

/** Where a process's own mounts are put together. */
export interface MountPlace {
  readonly root: OpenFolder
  /** A folder of the process's own, that nobody else may look into. */
  readonly bundle: string
}

/** The mounts that a spec names as the runtime takes them, a folder before what is mounted in it. Writes the private files. */
export async function placeMounts(mounts: readonly ProcessMount[], { root, bundle }: MountPlace): Promise<readonly OciMount[]> {
  const placed: OciMount[] = []
  for (const [index, mount] of mounts.entries()) placed.push(await placeMount(mount, { root, bundle: join(bundle, 'private', String(index)) }))
  return placed.toSorted((a, b) => (a.destination < b.destination ? -1 : a.destination > b.destination ? 1 : 0))
}

async function placeMount(mount: ProcessMount, { root, bundle }: MountPlace): Promise<OciMount> {
  switch (mount.kind) {
    case 'bind':
      return { destination: mount.target, type: 'bind', source: mount.source, options: ['rbind', ...(mount.readonly ? ['ro'] : [])] }
    case 'tmpfs':
      return { destination: mount.target, type: 'tmpfs', source: 'tmpfs', options: memoryOptions(mount, root) }
    case 'file':
      await writePrivateFile(mount, bundle)
      return { destination: mount.target, type: 'bind', source: join(bundle, 'file'), options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec'] }
  }
}

/** It has the mode of the folder that it hides, as with BuildKit; where there is none it is everybody's. */
function memoryOptions({ target, readonly, sizeBytes }: MemoryFolder, root: OpenFolder): readonly string[] {
  const mode = modeOfFolder(root, target) ?? 0o1777
  return ['nosuid', `mode=${mode.toString(8)}`, ...(sizeBytes === 0 ? [] : [`size=${sizeBytes}`]), ...(readonly ? ['ro'] : [])]
}

function modeOfFolder(root: OpenFolder, path: string): number | undefined {
  try {
    return statSync(join(`/proc/self/fd/${root.fd}`, textOfBytes(resolveIn(root, fromText(path))))).mode & 0o7777
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function writePrivateFile({ target, content, uid, gid, mode }: PrivateFile, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'file')
  await writeFile(path, content, { mode: 0o600 })
  giveTo(path, { uid, gid, mode, target })
}

/** @throws ProcessStartError where the owner is none that is known here */
function giveTo(path: string, { uid, gid, mode, target }: Omit<PrivateFile, 'kind' | 'content'>): void {
  try {
    chownSync(path, uid, gid)
    chmodSync(path, mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
    throw new ProcessStartError(`cannot give ${target} to ${uid}:${gid}: the id is not mapped here`, { hint: 'give your user a range in /etc/subuid and /etc/subgid, or leave uid and gid out' })
  }
}

export interface MountPoints {
  readonly all: readonly OciMount[]
  /** Those of the spec itself. */
  readonly stepMounts: readonly OciMount[]
  /** As of MountStubOptions, in the root. */
  readonly keepsParents: boolean
}

/**
 * Makes what the mounts lack of their targets: in the root, or in the folder that another one of `stepMounts` puts there.
 * Disposing takes it away again.
 */
export function createMountPoints(root: OpenFolder, { all, stepMounts, keepsParents }: MountPoints): Disposable {
  using stack = new DisposableStack()
  stack.use(createMountStubs(root, all.map(toTarget), { keepsParents }))
  for (const outer of stepMounts) {
    const inner = stepMounts.filter((mount) => outerOf(mount, stepMounts) === outer)
    if (outer.type !== 'bind' || inner.length === 0) continue
    const folder = stack.use(openRoot(outer.source))
    stack.use(createMountStubs(folder, inner.map((mount) => ({ ...toTarget(mount), path: mount.destination.slice(outer.destination.length) }))))
  }
  return stack.move()
}

/** The closest mount in which another one lies. */
function outerOf({ destination }: OciMount, mounts: readonly OciMount[]): OciMount | undefined {
  return mounts.findLast((other) => destination.startsWith(`${other.destination}/`))
}

function toTarget({ destination, type, source }: OciMount): MountTarget {
  return { path: destination, kind: type === 'bind' && !statSync(source).isDirectory() ? 'file' : 'folder' }
}
