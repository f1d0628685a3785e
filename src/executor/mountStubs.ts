import { lstatSync, mkdirSync, rmdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { OpenFolder } from '../archive/safePath.ts'
import { utimens } from '../kit/syscalls.ts'
import { findMissing } from './missingPath.ts'

/** Where something is to be mounted in a root file system. */
export interface MountTarget {
  /** Absolute, inside the root. */
  readonly path: string
  readonly kind: 'file' | 'folder'
}

export interface MountStubOptions {
  /** Of what is made, only the target itself is taken away. */
  readonly keepsParents?: boolean
}

/** A step over an empty root has made them, and what runs in the image needs them. */
const KEPT: ReadonlySet<string> = new Set(['/proc', '/sys', '/dev'])

/**
 * Makes what `targets` lack in `root`: empty files and folders, and folders on the way. Disposing takes them away again,
 * but for what was filled in the meantime, and gives the folders around them their times back, so that a layer does not
 * show that there ever was a mount. A target inside another one is left to the runtime. As with BuildKit, KEPT stay.
 */
export function createMountStubs(root: OpenFolder, targets: readonly MountTarget[], { keepsParents = false }: MountStubOptions = {}): Disposable {
  const outer = targets.filter(({ path }) => !targets.some((other) => other.path !== path && path.startsWith(`${other.path}/`)))
  const made: Stub[] = []
  const parents = new Map<string, TouchedFolder>()
  for (const target of outer) {
    const stubs = createStub(root, target, parents)
    if (!KEPT.has(target.path)) made.push(...(keepsParents ? stubs.slice(-1) : stubs))
  }
  for (const parent of parents.values()) parent.touchedNs = mtimeOf(parent.path)
  return {
    [Symbol.dispose]() {
      for (const stub of made.splice(0).reverse()) removeStub(stub)
    },
  }
}

interface Stub {
  readonly path: string
  readonly parent: TouchedFolder
}

interface TouchedFolder {
  readonly path: string
  readonly atimeNs: bigint
  readonly mtimeNs: bigint
  /** Its mtime after the last stub in it. */
  touchedNs: bigint
}

function createStub(root: OpenFolder, { path, kind }: MountTarget, parents: Map<string, TouchedFolder>): readonly Stub[] {
  const { base, missing } = findMissing(root, path)
  return missing.map((_, index) => {
    const stubPath = join(base, ...missing.slice(0, index + 1))
    const folder = dirname(stubPath)
    const parent = parents.get(folder) ?? rememberFolder(folder)
    parents.set(folder, parent)
    if (index < missing.length - 1 || kind === 'folder') mkdirSync(stubPath, { mode: 0o755 })
    else writeFileSync(stubPath, '', { flag: 'wx', mode: 0o644 })
    return { path: stubPath, parent }
  })
}

function rememberFolder(path: string): TouchedFolder {
  const { atimeNs, mtimeNs } = statSync(path, { bigint: true })
  return { path, atimeNs, mtimeNs, touchedNs: mtimeNs }
}

function removeStub({ path, parent }: Stub): void {
  try {
    const stat = lstatSync(path)
    if (!stat.isDirectory() && stat.size > 0) return
    const before = mtimeOf(parent.path)
    if (stat.isDirectory()) rmdirSync(path)
    else unlinkSync(path)
    utimens(`${parent.path}/.`, parent.atimeNs, before === parent.touchedNs ? parent.mtimeNs : before)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error
  }
}

function mtimeOf(path: string): bigint {
  return statSync(path, { bigint: true }).mtimeNs
}
