import type { OpenFolder } from '../../../../archive/safePath.ts'
import type { Platform } from '../../../../ground/platform.ts'
import type { FileFacts } from '../fileFacts.ts'
import { libraryFoldersOf, type FoundTwin, type TwinReaders } from '../findTwins.ts'
import { readPackaged, type PackagedRoot } from '../packages/packagedFile.ts'
import { placeOf, type PackageDatabase } from '../packages/packageDatabase.ts'
import { findFile, listFolder, readRootText, type RootFile } from '../rootFiles.ts'
import { TOOLCHAIN_FOLDER } from '../setting/twinFolder.ts'
import { findStart, type FoundLibrary, type NativeStart } from '../twinStart.ts'
import { NO_CHANGE, type ArgumentChange } from '../setting/twinTable.ts'
import { describeDifference } from './gccConfiguration.ts'
import { changeOf, GCC_TARGETS, GCC_PROGRAMS, type GccProgram, type GccTarget } from './gccPrograms.ts'

/** A step's root, and one of this machine's platform that has cross compilers. */
export interface ToolchainSides {
  readonly step: OpenFolder
  readonly target: Platform
  readonly toolchain: OpenFolder
  readonly native: Platform
}

export interface ToolchainSearch {
  readonly twins: readonly FoundTwin[]
  /** Why a compiler that the step has is without: one line; undefined where none is, or it has none. */
  readonly why: string | undefined
}

/**
 * The inner programs of the step's gcc and binutils that cross compilers can stand in for: both are what Debian's packages
 * brought, of one source and configured alike in all that shows in what they write, with the same libraries.
 */
export async function findToolchain(sides: ToolchainSides, readers: TwinReaders, signal: AbortSignal): Promise<ToolchainSearch> {
  const search = await openSearch(sides, readers, signal)
  if (search === undefined) return { twins: [], why: undefined }
  const gcc: VersionSearch[] = []
  for (const [version, folder] of findVersions(search)) gcc.push(await findVersion(version, folder, search))
  const whys = gcc.flatMap(({ why }) => why ?? [])
  const binutils = gcc.length === 0 ? [] : await findBinutils(gcc.flatMap(({ plugin }) => (plugin === undefined ? [] : [plugin])), search)
  return { twins: [...gcc.flatMap(({ twins }) => twins), ...binutils], why: whys.length === 0 ? undefined : whys.join('; ') }
}

interface Search extends ToolchainSides {
  readonly gcc: GccTarget
  readonly own: PackagedRoot
  readonly cross: PackagedRoot
  readonly libraries: Map<string, FoundLibrary | undefined>
  readonly signal: AbortSignal
}

/** Undefined where nothing is to be found, or nothing is known of it. */
async function openSearch(sides: ToolchainSides, { packages, facts }: TwinReaders, signal: AbortSignal): Promise<Search | undefined> {
  const gcc = GCC_TARGETS.get(sides.target.architecture)
  const [own, cross] = [await packages.read(sides.step, signal), await packages.read(sides.toolchain, signal)]
  if (gcc === undefined || own?.kind !== 'deb' || cross?.kind !== 'deb') return undefined
  const { architecture } = sides.native
  return { ...sides, gcc, own: { root: sides.step, database: own, facts, architecture }, cross: { root: sides.toolchain, database: cross, facts, architecture }, libraries: new Map(), signal }
}

/** Where Debian has a gcc's inner programs: below /usr/libexec since 13. */
const PROGRAM_FOLDERS = ['usr/libexec', 'usr/lib']

/** Those that the step has, with the folder of their programs. */
function findVersions({ step, gcc: { triplet } }: Search): ReadonlyMap<string, string> {
  const found = PROGRAM_FOLDERS.flatMap((base) => listFolder(step, `${base}/gcc/${triplet}`).map((version) => [version, `${base}/gcc/${triplet}/${version}`] as const))
  return new Map(found.filter(([version, folder]) => /^\d+$/.test(version) && findFile(step, `${folder}/cc1`) !== undefined))
}

interface VersionSearch {
  readonly twins: readonly FoundTwin[]
  readonly why: string | undefined
  /** The linker's plugin, by the path that the driver names: and what a native linker loads. */
  readonly plugin: readonly [emulated: string, native: string] | undefined
}

async function findVersion(version: string, folder: string, search: Search): Promise<VersionSearch> {
  const { gcc, toolchain } = search
  const crossFolder = PROGRAM_FOLDERS.map((base) => `${base}/gcc-cross/${gcc.triplet}/${version}`).find((path) => findFile(toolchain, `${path}/cc1`) !== undefined)
  if (crossFolder === undefined) return { twins: [], why: await describeMissing(version, search), plugin: undefined }
  const place: VersionPlace = { version, folder, crossFolder, search }
  const twins: FoundTwin[] = []
  const whys = new Set<string>()
  for (const program of GCC_PROGRAMS) {
    const found = await findProgram(program, place)
    if (typeof found === 'string') whys.add(found)
    else if (found !== undefined) twins.push(found)
  }
  const plugin = 'liblto_plugin.so'
  const hasPlugin = twins.length > 0 && (await readCross(`${crossFolder}/${plugin}`, 'gcc', place)) !== undefined
  return { twins, why: whys.size === 0 ? undefined : [...whys].join('; '), plugin: hasPlugin ? [`/${folder}/${plugin}`, `${TOOLCHAIN_FOLDER}/${crossFolder}/${plugin}`] : undefined }
}

/** Where a toolchain made of packages says which ones it would have needed: package, version, and the version that is offered; or that they could not be fetched. */
const NOT_OFFERED = 'usr/share/pelago/toolchain'

/** Undefined where it was said already. */
async function describeMissing(version: string, { gcc, target, toolchain, signal }: Search): Promise<string | undefined> {
  const lines = (await readRootText(toolchain, NOT_OFFERED, signal)).split('\n').map((line) => line.split(' '))
  if (lines.some(([name]) => name === 'failed')) return undefined
  const [, wanted, offered] = lines.find(([name]) => name === `gcc-${version}-${debianName(gcc)}`) ?? []
  if (wanted === undefined || offered === undefined) return `gcc ${version} for ${target.architecture} is not in the toolchain`
  return offered === 'none' ? `the distribution has no cross compiler gcc ${version} for ${target.architecture}` : `gcc ${version} is ${wanted} here, and ${offered} among the distribution's cross compilers`
}

interface VersionPlace {
  readonly version: string
  /** Without a slash in front, as the other. */
  readonly folder: string
  readonly crossFolder: string
  readonly search: Search
}

/** Undefined where the step has none of its own; a text where it has, and nothing can stand in. */
async function findProgram(program: GccProgram, place: VersionPlace): Promise<FoundTwin | string | undefined> {
  const { version, folder, crossFolder, search } = place
  const file = findFile(search.step, `${folder}/${program.name}`)
  if (file === undefined) return undefined
  const title = `${program.name} of gcc ${version}`
  const ownFacts = file.givesRights ? undefined : await readPackaged(file, { name: `${program.package}-${version}`, isTrusted: () => true }, search.own, search.signal)
  if (ownFacts?.configuration === undefined) return `${title} is not as its package brought it`
  const crossFile = findFile(search.toolchain, `${crossFolder}/${program.name}`)
  if (crossFile === undefined) return `${title} for ${search.target.architecture} is not in the toolchain`
  const crossFacts = await readCross(crossFile.path, program.package, place)
  if (crossFacts?.configuration === undefined) return `${title} in the toolchain is not as its package brought it`
  const difference = describeDifference(version, ownFacts.configuration, crossFacts.configuration)
  if (difference !== undefined) return difference
  const start = await startOf(crossFile, `${program.package}-${version}-${debianName(search.gcc)}`, crossFacts, search)
  if (start === undefined) return `${title} has other versions of its libraries in the toolchain`
  return { file: file.identity, start, calledAs: [program.name], names: undefined, change: changeOf(program, search.gcc, { folder: `/usr/lib/gcc/${search.gcc.triplet}/${version}`, version }) }
}

/** As its package in the toolchain has brought it: whichever package that is, its source is told by the file. */
async function readCross(path: string, name: GccProgram['package'], { version, search }: VersionPlace): Promise<FileFacts | undefined> {
  const file = findFile(search.toolchain, path)
  if (file === undefined || file.givesRights) return undefined
  return await readPackaged(file, { name: `${name}-${version}-${debianName(search.gcc)}`, isTrusted: () => true }, search.cross, search.signal)
}

/** Names of packages have no underscores. */
function debianName({ triplet }: GccTarget): string {
  return triplet.replaceAll('_', '-')
}

/** Libraries of the toolchain have to be the step's own in their version; those that come with the program are its. */
async function startOf(file: RootFile, name: string, { needs }: FileFacts, { toolchain, native, own, cross, libraries, signal }: Search): Promise<NativeStart | undefined> {
  if (needs === undefined) return undefined
  const owner = await ownerOf(file, name, cross, signal)
  const isTrusted = (library: string): boolean => library === owner || isSame(library, own.database, cross.database)
  const factsOf = (library: RootFile): Promise<FileFacts | undefined> => readPackaged(library, { name, isTrusted }, cross, signal)
  return await findStart(file, needs, { sibling: toolchain, folder: TOOLCHAIN_FOLDER, libraryFolders: libraryFoldersOf({ sibling: toolchain, native }), libraries, factsOf })
}

async function ownerOf(file: RootFile, name: string, { database, root }: PackagedRoot, signal: AbortSignal): Promise<string | undefined> {
  return (await database.filesFor(name, root, signal)).get(placeOf(file.path))?.owner
}

function isSame(name: string, own: PackageDatabase, cross: PackageDatabase): boolean {
  const version = own.versionOf(name)
  return version !== undefined && version === cross.versionOf(name)
}

/** The assembler, and the linker, where the plugins that drivers name have natives: of one package, in one version. */
async function findBinutils(plugins: readonly (readonly [string, string])[], search: Search): Promise<readonly FoundTwin[]> {
  const { gcc, step, toolchain, own, cross, signal } = search
  const name = `binutils-${debianName(gcc)}`
  if (!isSame(name, own.database, cross.database)) return []
  const linking: ArgumentChange = { behind: [], refused: ['@', '-plugin=', '--plugin'], replaced: plugins.map(([emulated, native]) => ['-plugin', emulated, native]) }
  const programs: readonly (readonly [program: string, change: ArgumentChange])[] = [['as', NO_CHANGE], ...(plugins.length === 0 ? [] : [['ld.bfd', linking] as const])]
  const found: FoundTwin[] = []
  for (const [program, change] of programs) {
    const path = `usr/bin/${gcc.triplet}-${program}`
    const [file, crossFile] = [findFile(step, path), findFile(toolchain, path)]
    if (file === undefined || crossFile === undefined || file.givesRights || crossFile.givesRights) continue
    const question = { name, isTrusted: (owner: string) => isSame(owner, own.database, cross.database) }
    const facts = (await readPackaged(file, question, own, signal)) && (await readPackaged(crossFile, question, cross, signal))
    const start = facts && (await startOf(crossFile, name, facts, search))
    if (start !== undefined) found.push({ file: file.identity, start, calledAs: [program, `${gcc.triplet}-${program}`, ...(program === 'ld.bfd' ? ['ld', `${gcc.triplet}-ld`] : [])], names: undefined, change })
  }
  return found
}
