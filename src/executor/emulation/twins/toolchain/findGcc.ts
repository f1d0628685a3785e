import type { FoundTwin } from '../findTwins.ts'
import { findFile, listFolder } from '../rootFiles.ts'
import { spellProgram } from '../spelling/spelledStart.ts'
import type { NativeStart } from '../twinStart.ts'
import { debianName } from './compilerTargets.ts'
import { describeDifference, isOffloading } from './gccConfiguration.ts'
import { callOf, GCC_PROGRAMS, type GccProgram } from './gccPrograms.ts'
import { spellHeaderFolders, type FolderUse, type HeaderFolders } from './headerFolders.ts'
import { describeMissing, readCross, readOwn, startOf, type CrossFile, type Search, type ToolchainSearch } from './toolchainSearch.ts'

export interface GccSearch extends ToolchainSearch {
  /** The linker's plugins, by the paths that drivers name: and what a native linker loads. */
  readonly plugins: readonly (readonly [emulated: string, native: string])[]
}

/** The inner programs of each gcc that the step has: both sides of one source, and configured alike in all that shows in what they write. */
export async function findGcc(search: Search): Promise<GccSearch> {
  const found: GccSearch[] = []
  for (const [version, folder] of findVersions(search, PROGRAM_FOLDERS)) if (/^\d+$/.test(version)) found.push(await findVersion(version, folder, search))
  const built = [...findVersions(search, BUILT_FOLDERS)].map(([version, folder]) => `gcc ${version} (/${folder}) was built from source, so that no cross compiler is known to be equal: only the distribution's own gcc has one`)
  const whys = [...found.flatMap(({ why }) => why ?? []), ...built]
  return { twins: found.flatMap(({ twins }) => twins), plugins: found.flatMap(({ plugins }) => plugins), why: whys.length === 0 ? undefined : whys.join('; ') }
}

/** Where Debian has a gcc's inner programs: below /usr/libexec since 13. */
const PROGRAM_FOLDERS = ['usr/libexec', 'usr/lib']
/** Where one is that somebody has built, as in the images `gcc:…`. */
const BUILT_FOLDERS = ['usr/local/libexec', 'usr/local/lib']

/** Those that the step has, with the folder of their programs. */
function findVersions({ step, compilers: { triplet } }: Search, bases: readonly string[]): ReadonlyMap<string, string> {
  const found = bases.flatMap((base) => listFolder(step, `${base}/gcc/${triplet}`).map((version) => [version, `${base}/gcc/${triplet}/${version}`] as const))
  return new Map(found.filter(([, folder]) => findFile(step, `${folder}/cc1`) !== undefined))
}

async function findVersion(version: string, folder: string, search: Search): Promise<GccSearch> {
  const { compilers, toolchain } = search
  const crossFolder = PROGRAM_FOLDERS.map((base) => `${base}/gcc-cross/${compilers.triplet}/${version}`).find((path) => findFile(toolchain, `${path}/cc1`) !== undefined)
  if (crossFolder === undefined) return { twins: [], why: await describeMissing(`gcc-${version}-${debianName(compilers)}`, `gcc ${version}`, search), plugins: [] }
  const place: VersionPlace = { version, folder, crossFolder, search }
  const twins: FoundTwin[] = []
  const whys = new Set<string>()
  for (const program of GCC_PROGRAMS) {
    const found = await findProgram(program, place)
    if (typeof found === 'string') whys.add(found)
    else if (found !== undefined) twins.push(found)
  }
  const plugin = 'liblto_plugin.so'
  const nativePlugin = twins.length === 0 ? undefined : await readCross(`${crossFolder}/${plugin}`, crossName('gcc', place), search)
  return { twins, why: whys.size === 0 ? undefined : [...whys].join('; '), plugins: nativePlugin === undefined ? [] : [[`/${folder}/${plugin}`, `${crossFolder}/${plugin}`]] }
}

interface VersionPlace {
  readonly version: string
  /** Without a slash in front, as the other. */
  readonly folder: string
  readonly crossFolder: string
  readonly search: Search
}

/** Of the package of a cross compiler. */
function crossName(name: GccProgram['package'], { version, search: { compilers } }: VersionPlace): string {
  return `${name}-${version}-${debianName(compilers)}`
}

/** Undefined where the step has none of its own; a text where it has, and nothing can stand in. */
async function findProgram(program: GccProgram, place: VersionPlace): Promise<FoundTwin | string | undefined> {
  const { version, folder, crossFolder, search } = place
  const file = findFile(search.step, `${folder}/${program.name}`)
  if (file === undefined) return undefined
  const title = `${program.name} of gcc ${version}`
  const own = await readOwn(file, `${program.package}-${version}`, search)
  if (own?.configuration === undefined) return `${title} is not as its package brought it, or has other libraries than in the toolchain`
  const path = `${crossFolder}/${program.name}`
  if (findFile(search.toolchain, path) === undefined) return `${title} for ${search.target.architecture} is not in the toolchain`
  const cross = await readCross(path, crossName(program.package, place), search)
  if (cross?.facts.configuration === undefined) return `${title} in the toolchain is not as its package brought it`
  const difference = describeDifference(version, own.configuration, cross.facts.configuration)
  if (difference !== undefined) return difference
  const start = await startOf(cross, crossName(program.package, place), search)
  if (start === undefined) return `${title} has other versions of its libraries in the toolchain`
  const { language } = program
  const spelled = language === undefined ? { start, absent: [] } : withFolders(start, own.headerFolders, cross, { language, triplet: search.compilers.triplet })
  if (spelled === undefined) return `${title} does not say where it looks for headers`
  return { file: file.identity, start: spelled.start, calledAs: [program.name], call: callOf(program, { absent: spelled.absent, isOffloading: isOffloading(own.configuration) || isOffloading(cross.facts.configuration) }) }
}

interface FolderStart {
  readonly start: NativeStart
  readonly absent: readonly string[]
}

/** By a copy that looks for headers where the step's own compiler does. */
function withFolders(start: NativeStart, own: HeaderFolders | undefined, { file, facts: { headerFolders } }: CrossFile, use: FolderUse): FolderStart | undefined {
  const spelled = own === undefined || headerFolders === undefined ? undefined : spellHeaderFolders(own, headerFolders, use)
  const copied = spelled && spellProgram(start, file, spelled.spellings)
  return spelled === undefined || copied === undefined ? undefined : { start: copied, absent: spelled.absent }
}
