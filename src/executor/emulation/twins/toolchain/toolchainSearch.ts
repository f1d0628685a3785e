import type { OpenFolder } from '../../../../archive/safePath.ts'
import type { Platform } from '../../../../ground/platform.ts'
import type { FileFacts } from '../fileFacts.ts'
import { libraryFoldersOf, type FoundTwin, type TwinReaders } from '../findTwins.ts'
import { createPackagedReader, readPackaged, type PackagedRoot } from '../packages/packagedFile.ts'
import { placeOf } from '../packages/packageDatabase.ts'
import { findFile, readRootText, type RootFile } from '../rootFiles.ts'
import { TOOLCHAIN_FOLDER } from '../setting/twinFolder.ts'
import { createStepLibraries, type StepLibraries } from '../stepLibraries.ts'
import { findStart, type FoundLibrary, type NativeStart } from '../twinStart.ts'
import { COMPILER_TARGETS, type CompilerTarget } from './compilerTargets.ts'

/** A step's root, and one of this machine's platform that has compilers for it. */
export interface ToolchainSides {
  readonly step: OpenFolder
  readonly target: Platform
  readonly toolchain: OpenFolder
  readonly native: Platform
}

/** What was found of one kind of compiler. */
export interface ToolchainSearch {
  readonly twins: readonly FoundTwin[]
  /** Why a compiler that the step has is without: one line; undefined where none is, or it has none. */
  readonly why: string | undefined
}

/** Both sides, with what is known of their packages. */
export interface Search extends ToolchainSides {
  readonly compilers: CompilerTarget
  readonly own: PackagedRoot
  readonly cross: PackagedRoot
  readonly libraries: Map<string, FoundLibrary | undefined>
  readonly stepLibraries: StepLibraries
  readonly signal: AbortSignal
}

/** Undefined where nothing is to be found, or nothing is known of it. */
export async function openSearch(sides: ToolchainSides, { packages, facts }: TwinReaders, signal: AbortSignal): Promise<Search | undefined> {
  const compilers = COMPILER_TARGETS.get(sides.target.architecture)
  const [own, cross] = [await packages.read(sides.step, signal), await packages.read(sides.toolchain, signal)]
  if (compilers === undefined || own?.kind !== 'deb' || cross?.kind !== 'deb') return undefined
  const { architecture } = sides.target
  return {
    ...sides, compilers, signal, libraries: new Map(), stepLibraries: createStepLibraries(sides.step, architecture, signal),
    own: { root: sides.step, database: own, facts, architecture },
    cross: { root: sides.toolchain, database: cross, facts, architecture: sides.native.architecture },
  }
}

/** Whether a package has one version in both roots. */
export function isSame(name: string, { own, cross }: Pick<Search, 'own' | 'cross'>): boolean {
  const version = own.database.versionOf(name)
  return version !== undefined && version === cross.database.versionOf(name)
}

/** A file of the toolchain, and what is known of it. */
export interface CrossFile {
  readonly file: RootFile
  readonly facts: FileFacts
}

/** The file of the toolchain as its package has brought it: `name`, or one that this needs. */
export async function readCross(path: string, name: string, { toolchain, cross, signal }: Search): Promise<CrossFile | undefined> {
  const file = findFile(toolchain, path)
  const facts = file === undefined || file.givesRights ? undefined : await readPackaged(file, { name, isTrusted: () => true }, cross, signal)
  return file === undefined || facts === undefined ? undefined : { file, facts }
}

/** A file of the step's as its package has brought it, where the libraries that it would run with are so, too: of its own source, or in one version in both roots. */
export async function readOwn(file: RootFile, name: string, search: Search): Promise<FileFacts | undefined> {
  const { own, stepLibraries, signal } = search
  const facts = file.givesRights ? undefined : await readPackaged(file, { name, isTrusted: () => true }, own, signal)
  const libraryFacts = createPackagedReader({ name, isTrusted: (library) => isSame(library, search) || own.database.versionOf(library) === own.database.versionOf(name) }, own, signal)
  return facts?.needs !== undefined && (await stepLibraries.areAsPackaged(facts.needs, libraryFacts)) ? facts : undefined
}

/** One package in one version in both roots, and on both sides the files at `path` that it has brought. */
export async function readSame(path: string, name: string, search: Search): Promise<{ readonly own: RootFile; readonly cross: CrossFile } | undefined> {
  const own = findFile(search.step, path)
  if (own === undefined || !isSame(name, search) || (await readOwn(own, name, search)) === undefined) return undefined
  const cross = await readCross(path, name, search)
  return cross === undefined ? undefined : { own, cross }
}

/** Libraries of the toolchain have to be the step's own in their version; those that come with the program are its. */
export async function startOf({ file, facts: { needs } }: CrossFile, name: string, search: Search): Promise<NativeStart | undefined> {
  const { toolchain, native, cross, libraries, signal } = search
  if (needs === undefined) return undefined
  const owner = (await cross.database.filesFor(name, cross.root, signal)).get(placeOf(file.path))?.owner
  const isTrusted = (library: string): boolean => library === owner || isSame(library, search)
  const factsOf = (library: RootFile): Promise<FileFacts | undefined> => readPackaged(library, { name, isTrusted }, cross, signal)
  return await findStart(file, needs, { sibling: toolchain, folder: TOOLCHAIN_FOLDER, libraryFolders: libraryFoldersOf({ sibling: toolchain, native }), libraries, factsOf })
}

/** Where a toolchain made of packages says which ones it would have needed: package, version, and the version that is offered; or that they could not be fetched. */
const NOT_OFFERED = 'usr/share/pelago/toolchain'

/** Why the toolchain has no `name`, for people called `title`. Undefined where it was said already. */
export async function describeMissing(name: string, title: string, { toolchain, target, signal }: Search): Promise<string | undefined> {
  const lines = (await readRootText(toolchain, NOT_OFFERED, signal)).split('\n').map((line) => line.split(' '))
  if (lines.some(([first]) => first === 'failed')) return undefined
  const [, wanted, offered] = lines.find(([first]) => first === name) ?? []
  if (wanted === undefined || offered === undefined) return `${title} for ${target.architecture} is not in the toolchain`
  return offered === 'none' ? `the distribution has no cross compiler ${title} for ${target.architecture}` : `${title} is ${wanted} here, and ${offered} among the distribution's cross compilers`
}
