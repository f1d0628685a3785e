import type { OpenFolder } from '../../../archive/safePath.ts'
import type { FileFacts } from './fileFacts.ts'
import type { SpelledCopy } from './spelling/spelledCopy.ts'
import { findFile, leadsThere, type RootFile } from './rootFiles.ts'
import { isMusl, isOfLoader } from './stepLibraries.ts'
import { ARGV0, type TwinWord } from './setting/twinTable.ts'

/** What the kernel is to execute, and with which words. */
export interface NativeStart {
  /** Where the step has the root that it is in. */
  readonly folder: string
  readonly executed: string
  readonly words: readonly TwinWord[]
  /** What of it are copies in the folder of links; absent: nothing. */
  readonly copies?: readonly SpelledCopy[]
}

export interface StartDeps {
  /** The sibling's root, or one with cross compilers. */
  readonly sibling: OpenFolder
  /** Where the step has it. */
  readonly folder: string
  /** Where libraries are looked for, in order. */
  readonly libraryFolders: readonly string[]
  /** What is known of libraries so far, by name. */
  readonly libraries: Map<string, FoundLibrary | undefined>
  /** Facts of a file that is known to be its package's, with a package that is the same in both roots; else undefined. */
  readonly factsOf: (file: RootFile) => Promise<FileFacts | undefined>
}

/** A library where the loader looks for it. */
export interface FoundLibrary {
  readonly file: RootFile
}

/**
 * How a program of the sibling is started where the step's own libraries are another architecture's: by the sibling's
 * loader, which finds all libraries in the sibling's root. Undefined where it would not find them there, or could not
 * give the program its name.
 */
export async function findStart(program: RootFile, { loader, libraries }: NonNullable<FileFacts['needs']>, deps: StartDeps): Promise<NativeStart | undefined> {
  if (loader === undefined) return libraries.length === 0 ? { folder: deps.folder, executed: program.path, words: [ARGV0] } : undefined
  const loaderFile = findOnce(loader, deps)
  if (loaderFile === undefined || (await deps.factsOf(loaderFile))?.takesArgv0 !== true || !(await findsLibraries(libraries, loader, deps))) return undefined
  const folders = deps.libraryFolders.map((folder) => `${deps.folder}/${folder}`).join(':')
  const noCache = isMusl(loader) ? [] : ['--inhibit-cache']
  return { folder: deps.folder, executed: loaderFile.path, words: [ARGV0, ...noCache, '--library-path', folders, '--argv0', ARGV0, `${deps.folder}/${program.path}`] }
}

/** It is the same for all of them, and is looked up by its path: no library has a slash in its name. */
function findOnce(loader: string, { libraries, sibling }: StartDeps): RootFile | undefined {
  const file = libraries.get(loader)?.file ?? findFile(sibling, loader)
  libraries.set(loader, file === undefined ? undefined : { file })
  return file
}

/** Whether all of them, and what they need in turn, are found where the loader looks. */
async function findsLibraries(names: readonly string[], loader: string, deps: StartDeps): Promise<boolean> {
  const wanted = new Set(names)
  for (const name of wanted) {
    if (isOfLoader(name, loader)) continue
    if (!deps.libraries.has(name)) deps.libraries.set(name, findLibrary(name, deps))
    const library = deps.libraries.get(name)
    const needs = library === undefined ? undefined : (await deps.factsOf(library.file))?.needs
    if (needs === undefined) return false
    for (const needed of needs.libraries) wanted.add(needed)
  }
  return true
}

function findLibrary(name: string, { sibling, libraryFolders }: StartDeps): FoundLibrary | undefined {
  if (name.includes('/')) return undefined
  for (const folder of libraryFolders) {
    if (PROCESSOR_FOLDERS.some((better) => findFile(sibling, `${folder}/${better}/${name}`) !== undefined)) return undefined
    const file = findFile(sibling, `${folder}/${name}`)
    if (file !== undefined) return leadsThere(sibling, `${folder}/${name}`, file) ? { file } : undefined
  }
  return undefined
}

/** Where glibc's loader looks before the folder itself, by what the processor can do: files of other packages. */
const PROCESSOR_FOLDERS = ['glibc-hwcaps/x86-64-v4', 'glibc-hwcaps/x86-64-v3', 'glibc-hwcaps/x86-64-v2']
