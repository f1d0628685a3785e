import { basename, dirname, join, matchesGlob, resolve } from 'node:path'
import type { OpenFolder } from '../../../archive/safePath.ts'
import type { ProgramNeeds } from './nativeProgram.ts'
import type { PackagedReader } from './packages/packagedFile.ts'
import { findFile, listFolder, readRootText, type RootFile } from './rootFiles.ts'

/*
 * What a program of the step runs with there. Its twin runs with the sibling's libraries, which are the same only where
 * the step's own loader comes to the files of the same packages: a library that somebody has built and put into
 * /usr/local/lib, say, stands before them.
 */

/** They keep what they have found. */
export interface StepLibraries {
  /** Whether a program that needs this has all of it as packages have brought it, by the word of `factsOf`. */
  areAsPackaged(needs: ProgramNeeds, factsOf: PackagedReader): Promise<boolean>
}

export function createStepLibraries(root: OpenFolder, architecture: string, signal: AbortSignal): StepLibraries {
  const foldersFor = new Map<string, readonly string[]>()
  const files = new Map<string, RootFile | undefined>()
  const find = async (name: string, loader: string): Promise<RootFile | undefined> => {
    if (name.includes('/')) return undefined
    const key = isOfLoader(name, loader) ? loader : `${loader}\0${name}`
    if (files.has(key)) return files.get(key)
    const folders = foldersFor.get(loader) ?? (await readLibraryPath(root, { loader, architecture }, signal))
    foldersFor.set(loader, folders)
    const file = key === loader ? findFile(root, loader) : findIn(root, folders, name)
    files.set(key, file)
    return file
  }
  return {
    async areAsPackaged({ loader, libraries }, factsOf) {
      if (loader === undefined) return libraries.length === 0
      const wanted = new Set([basename(loader), ...libraries])
      for (const name of wanted) {
        const file = await find(name, loader)
        const needs = file === undefined ? undefined : (await factsOf(file))?.needs
        if (needs === undefined) return false
        for (const needed of needs.libraries) wanted.add(needed)
      }
      return true
    },
  }
}

/** Undefined where there is none, or another one for better processors. */
function findIn(root: OpenFolder, folders: readonly string[], name: string): RootFile | undefined {
  for (const folder of folders) {
    const better = listFolder(root, `${folder}/glibc-hwcaps`).find((level) => findFile(root, `${folder}/glibc-hwcaps/${level}/${name}`) !== undefined)
    const file = better === undefined ? findFile(root, `${folder}/${name}`) : undefined
    if (better !== undefined || file !== undefined) return file
  }
  return undefined
}

/** Names of libraries that a loader has in itself: its own, and with musl all that belongs to a C library. */
export function isOfLoader(name: string, loader: string): boolean {
  return name === basename(loader) || (isMusl(loader) && /^lib(?:c|pthread|rt|m|dl|util|xnet)\./.test(name))
}

export function isMusl(loader: string): boolean {
  return /(?:^|\/)ld-musl-[^/]*$/.test(loader)
}

interface LoaderKind {
  /** Its path. */
  readonly loader: string
  readonly architecture: string
}

/** The folders in which a loader looks, in order: ld.so(8) and ldconfig(8), or musl's file of them. */
export async function readLibraryPath(root: OpenFolder, { loader, architecture }: LoaderKind, signal: AbortSignal): Promise<readonly string[]> {
  if (!isMusl(loader)) return [...(await readConfigured(root, '/etc/ld.so.conf', 0, signal)), ...(TRIPLETS.get(architecture) ?? []).flatMap((triplet) => [`/lib/${triplet}`, `/usr/lib/${triplet}`]), '/lib64', '/usr/lib64', '/lib', '/usr/lib']
  const place = `/etc/${basename(loader).replace(/\.so\.\d+$/, '')}.path`
  const text = findFile(root, place) === undefined ? '/lib:/usr/local/lib:/usr/lib' : await readRootText(root, place, signal)
  return text.split(/[:\n]/).filter((folder) => folder !== '')
}

/** Debian's names. */
const TRIPLETS: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['x86_64-linux-gnu']],
  ['386', ['i386-linux-gnu']],
  ['arm64', ['aarch64-linux-gnu']],
  ['arm', ['arm-linux-gnueabihf', 'arm-linux-gnueabi']],
  ['riscv64', ['riscv64-linux-gnu']],
  ['ppc64le', ['powerpc64le-linux-gnu']],
  ['s390x', ['s390x-linux-gnu']],
])

/** Files that include themselves have an end. */
const MAX_INCLUDED = 4

/** As ldconfig(8) reads `/etc/ld.so.conf`. */
async function readConfigured(root: OpenFolder, path: string, depth: number, signal: AbortSignal): Promise<readonly string[]> {
  const folders: string[] = []
  for (const line of (await readRootText(root, path, signal)).split('\n')) {
    const text = line.replace(/#.*/, '').trim()
    const included = /^include\s+(.*)$/.exec(text)?.[1]
    if (included === undefined) folders.push(...parseFolders(text))
    else if (depth < MAX_INCLUDED) for (const one of included.split(/\s+/).flatMap((pattern) => listMatching(root, resolve(dirname(path), pattern)))) folders.push(...(await readConfigured(root, one, depth + 1, signal)))
  }
  return folders
}

/** Of a line; `=TYPE` is what its libraries were made for once. */
function parseFolders(line: string): readonly string[] {
  return line.split(/[\s:,]+/).map((folder) => folder.replace(/=.*/, '')).filter((folder) => folder.startsWith('/'))
}

/** glob(7), in the last component. */
function listMatching(root: OpenFolder, pattern: string): readonly string[] {
  return listFolder(root, dirname(pattern)).filter((name) => matchesGlob(name, basename(pattern))).map((name) => join(dirname(pattern), name))
}
