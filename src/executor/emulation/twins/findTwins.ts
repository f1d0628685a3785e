import { elfIdentityOf } from '../../../archive/elf/elfMachine.ts'
import { resolveIn, type OpenFolder } from '../../../archive/safePath.ts'
import type { Platform } from '../../../ground/platform.ts'
import { fromText, textOfBytes } from '../../../kit/byteString.ts'
import { SyscallError } from '../../../kit/syscalls.ts'
import { ALLOWED_TOOLS, type AllowedTool } from './allowlist.ts'
import type { FactsReader } from './fileFacts.ts'
import { createPackagedReader, readPackaged, type PackagedQuestion, type PackagedReader, type PackagedRoot } from './packages/packagedFile.ts'
import { placeOf, type PackageDatabase } from './packages/packageDatabase.ts'
import type { PackageReader } from './packages/readPackages.ts'
import { findFile, readRootText, type RootFile } from './rootFiles.ts'
import { debianWords } from './spelling/compiledWord.ts'
import type { ProgramNeeds } from './nativeProgram.ts'
import { spellStart, type BuiltTwice, type WordReader } from './spelling/spelledStart.ts'
import { createStepLibraries, type StepLibraries } from './stepLibraries.ts'
import { findStart, type FoundLibrary, type NativeStart } from './twinStart.ts'
import type { FileIdentity, TwinCall } from './setting/twinTable.ts'
import { SIBLING_FOLDER } from './setting/twinFolder.ts'

/** Both file systems of a step: its own, and its sibling's for this machine. */
export interface TwinSides {
  readonly step: OpenFolder
  readonly target: Platform
  readonly sibling: OpenFolder
  readonly native: Platform
}

/** They keep what they have read. */
export interface TwinReaders {
  readonly packages: PackageReader
  readonly facts: FactsReader
  readonly words: WordReader
}

/** What stands in for a program, in calls of one kind. */
export interface FoundStart {
  readonly start: NativeStart
  readonly call: TwinCall
  /** The first is that of the program itself, the others are links that it has. */
  readonly calledAs: readonly [string, ...string[]]
  /** What does so in other calls. */
  readonly otherwise?: FoundStart
}

/** A file of the step, and what stands in for it. */
export interface FoundTwin extends FoundStart {
  readonly file: FileIdentity
}

export type TwinSearch = { readonly kind: 'found'; readonly twins: readonly FoundTwin[] } | { readonly kind: 'none'; readonly why: string }

/**
 * The programs of the step's root that its sibling can stand in for: those of the allowlist whose package has one version
 * in both, whose files are what the package brought, on either side, and whose libraries are so, too.
 */
export async function findTwins(sides: TwinSides, readers: TwinReaders, signal: AbortSignal): Promise<TwinSearch> {
  const target = elfIdentityOf(sides.target.architecture)
  if (target === undefined || !ALIKE.has(sides.target.architecture)) return none(`no program is known to give the same output for ${sides.target.architecture}`)
  const step = await readers.packages.read(sides.step, signal)
  const sibling = await readers.packages.read(sides.sibling, signal)
  if (step === undefined || sibling === undefined) return none(`the image ${step === undefined ? `for ${sides.target.architecture}` : `for ${sides.native.architecture}`} has no package database of dpkg or apk, which would tell that its programs are those of the other one`)
  const distribution = await readDistribution(sides.step, signal)
  if (step.kind !== sibling.kind || distribution !== (await readDistribution(sides.sibling, signal))) return none('the images of the two platforms are of different distributions')
  const context: SearchContext = { ...sides, distribution, packages: { step, sibling }, facts: readers.facts, words: readers.words, signal, libraryFolders: libraryFoldersOf(sides), libraries: new Map(), stepLibraries: createStepLibraries(sides.step, sides.target.architecture, signal), needed: { step: new Map(), sibling: new Map() } }
  const tools = await offered(ALLOWED_TOOLS.filter((tool) => fitsTarget(tool, target)), context)
  const twins: FoundTwin[] = []
  for (const tool of tools) twins.push(...(await findTool(tool, context)))
  return twins.length === 0 ? none(whyNone(context)) : { kind: 'found', twins: onePerFile(twins) }
}

/** Architectures with the same signals, errors and limits as each other. */
const ALIKE: ReadonlySet<string> = new Set(['amd64', '386', 'arm64', 'arm', 'riscv64', 'ppc64le', 's390x'])

function none(why: string): TwinSearch {
  return { kind: 'none', why }
}

interface SearchContext extends TwinSides {
  readonly distribution: string
  readonly packages: { readonly step: PackageDatabase; readonly sibling: PackageDatabase }
  readonly facts: FactsReader
  readonly words: WordReader
  readonly libraryFolders: readonly string[]
  readonly libraries: Map<string, FoundLibrary | undefined>
  readonly stepLibraries: StepLibraries
  /** By package, for either root: files that are needed by its programs. */
  readonly needed: { readonly step: Map<string, PackagedReader>; readonly sibling: Map<string, PackagedReader> }
  readonly signal: AbortSignal
}

function fitsTarget({ targets }: AllowedTool, { bits, byteOrder }: { readonly bits: number; readonly byteOrder: string }): boolean {
  return targets === undefined || (bits === 64 && (targets === 'of 64 bits' || byteOrder === 'little'))
}

/** Of the tools those that mean the same in this root. */
async function offered(tools: readonly AllowedTool[], { step, packages, distribution, signal }: SearchContext): Promise<readonly AllowedTool[]> {
  const services = await readRootText(step, '/etc/nsswitch.conf', signal)
  const [hasFilesOnly, hasPlainHosts] = [areAccountsFiles(services, packages.step), areHostsPlain(services)]
  return tools.filter(({ usesAccounts = false, usesHosts = false, distributions }) => (hasFilesOnly || !usesAccounts) && (hasPlainHosts || !usesHosts) && (distributions?.includes(distribution) ?? true))
}

/** os-release(5): another one may have built another program as the same version of a package. */
async function readDistribution(root: OpenFolder, signal: AbortSignal): Promise<string> {
  return /^ID="?([\w.-]+)"?$/m.exec(await readRootText(root, '/etc/os-release', signal))?.[1] ?? ''
}

/** nsswitch.conf(5). `systemd` is written there by default, and counts for nothing where its library is not installed. */
export function areAccountsFiles(services: string, packages: Pick<PackageDatabase, 'versionOf'>): boolean {
  return servicesOf(services, /^(?:passwd|group|initgroups)$/).every((service) => ['files', 'compat'].includes(service) || (service === 'systemd' && packages.versionOf('libnss-systemd') === undefined))
}

/** The C library has these two in itself; it does without others where they are not installed, which is nothing to count on. */
export function areHostsPlain(services: string): boolean {
  return servicesOf(services, /^hosts$/).every((service) => ['files', 'dns'].includes(service))
}

function servicesOf(text: string, databases: RegExp): readonly string[] {
  const lines = [...text.matchAll(/^\s*(\w+)\s*:([^#\n]*)/gm)].filter(([, database = '']) => databases.test(database))
  return lines.flatMap(([, , list = '']) => list.replace(/\[[^\]]*\]/g, '').split(/\s+/)).filter((service) => service !== '')
}

async function findTool(tool: AllowedTool, context: SearchContext): Promise<readonly FoundTwin[]> {
  const name = tool.packages[context.packages.step.kind]
  if (name === undefined || !isSame(name, context)) return []
  const found: FoundTwin[] = []
  const names = namesFor(tool, context)
  for (const path of tool.programs) {
    const program = findFile(context.step, path) ?? findFile(context.step, path.replace(/^\/usr/, ''))
    const standIn = program === undefined ? undefined : await findStandIn(program, { name, tool }, context)
    const start = program === undefined || standIn === undefined ? undefined : await spell(tool, { program, name, standIn }, context)
    if (program !== undefined && start !== undefined) found.push({ file: program.identity, start, call: { names }, calledAs: [path.slice(path.lastIndexOf('/') + 1), ...(names ?? tool.alsoCalled ?? [])] })
  }
  return found
}

function namesFor({ names, namesOf64Bits = [] }: AllowedTool, { target }: SearchContext): AllowedTool['names'] {
  return elfIdentityOf(target.architecture)?.bits === 64 ? names : names?.filter((name) => !namesOf64Bits.includes(name))
}

/** A file of the sibling's root, and how it is started. */
interface StandIn {
  readonly file: RootFile
  readonly needs: ProgramNeeds
  readonly start: NativeStart
}

/** How `program` of the step runs natively. Undefined in any doubt. */
async function findStandIn(program: RootFile, { name, tool }: { readonly name: string; readonly tool: AllowedTool }, context: SearchContext): Promise<StandIn | undefined> {
  const { sibling, signal } = context
  if (!(await isAsPackaged(program, name, context))) return undefined
  const standIn = findFile(sibling, program.path) ?? findFile(sibling, placeOf(program.path))
  if (standIn === undefined || standIn.givesRights || placeOf(standIn.path) !== placeOf(program.path)) return undefined
  const found = await readPackaged(standIn, ownFile(name), sideOf('sibling', context), signal)
  if (found?.needs === undefined || (found.asksForItself && tool.mayAskForItself !== true)) return undefined
  const start = await findStart(standIn, found.needs, { sibling, folder: SIBLING_FOLDER, libraryFolders: context.libraryFolders, libraries: context.libraries, factsOf: neededBy(name, 'sibling', context) })
  return start === undefined ? undefined : { file: standIn, needs: found.needs, start }
}

/** Whether the step has it from the package `name`, and so all that it runs with from packages that are the same in both roots. */
async function isAsPackaged(program: RootFile, name: string, context: SearchContext): Promise<boolean> {
  const needs = program.givesRights ? undefined : (await readPackaged(program, ownFile(name), sideOf('step', context), context.signal))?.needs
  return needs !== undefined && (await context.stepLibraries.areAsPackaged(needs, neededBy(name, 'step', context)))
}

function sideOf(side: 'step' | 'sibling', { [side]: root, packages, facts, target, native }: SearchContext): PackagedRoot {
  return { root, database: packages[side], facts, architecture: (side === 'step' ? target : native).architecture }
}

/** Another package that it needs may have a program by the same name, and be another program. */
function ownFile(name: string): PackagedQuestion {
  return { name, isTrusted: (owner) => owner === name }
}

/** Of the package `name` and what it needs, as far as these are the same in both roots. */
function neededBy(name: string, side: 'step' | 'sibling', context: SearchContext): PackagedReader {
  const reader = context.needed[side].get(name) ?? createPackagedReader({ name, isTrusted: (owner) => isSame(owner, context) }, sideOf(side, context), context.signal)
  context.needed[side].set(name, reader)
  return reader
}

interface FoundPair {
  readonly program: RootFile
  /** Of the package. */
  readonly name: string
  readonly standIn: StandIn
}

/** With the step's architecture in the place of the sibling's, where the tool names it. */
async function spell({ namesArchitecture }: AllowedTool, { program, name, standIn }: FoundPair, context: SearchContext): Promise<NativeStart | undefined> {
  if (namesArchitecture === undefined) return standIn.start
  const { step, sibling, target, native, words: reader, signal } = context
  const libraries = await findBuiltTwice(standIn.needs.libraries.filter((library) => library.startsWith(namesArchitecture.libraries ?? '/')), name, context)
  const words = debianWords(native.architecture, target.architecture)
  const start = libraries === undefined ? undefined : await spellStart(standIn.start, { file: standIn.file, counterpart: program }, libraries, { step, sibling, words, reader, signal })
  return start ?? (namesArchitecture.orElse === 'as it is' ? standIn.start : undefined)
}

/** Libraries by name. Undefined where one is not as its package has brought it, on either side. */
async function findBuiltTwice(names: readonly string[], owner: string, context: SearchContext): Promise<ReadonlyMap<string, BuiltTwice> | undefined> {
  const found = new Map<string, BuiltTwice>()
  const { step, target: { architecture } } = context
  const triplet = TRIPLETS.get(architecture)
  for (const name of names) {
    const file = context.libraries.get(name)?.file
    const counterpart = triplet === undefined ? undefined : (findFile(step, `/lib/${triplet}/${name}`) ?? findFile(step, `/usr/lib/${triplet}/${name}`))
    if (file === undefined || counterpart === undefined || (await neededBy(owner, 'step', context)(counterpart)) === undefined) return undefined
    found.set(name, { file, counterpart })
  }
  return found
}

/** Whether a package has one version in both roots. */
function isSame(name: string, { packages }: Pick<SearchContext, 'packages'>): boolean {
  const version = packages.step.versionOf(name)
  return version !== undefined && version === packages.sibling.versionOf(name)
}

/** Debian's for each architecture, and the plain ones; links resolved, as a loader sees them elsewhere than in their root. */
export function libraryFoldersOf({ sibling, native }: Pick<TwinSides, 'sibling' | 'native'>): readonly string[] {
  const triplet = TRIPLETS.get(native.architecture)
  const candidates = [...(triplet === undefined ? [] : [`/lib/${triplet}`, `/usr/lib/${triplet}`]), '/lib', '/usr/lib']
  return [...new Set(candidates.flatMap((path) => resolveFolder(sibling, path)))]
}

const TRIPLETS: ReadonlyMap<string, string> = new Map([['amd64', 'x86_64-linux-gnu'], ['arm64', 'aarch64-linux-gnu']])

function resolveFolder(root: OpenFolder, path: string): readonly string[] {
  try {
    return [textOfBytes(resolveIn(root, fromText(path)))]
  } catch (error) {
    if (error instanceof SyscallError) return [] // it has none
    throw error
  }
}

/** Names that are links to one file have one twin. */
function onePerFile(twins: readonly FoundTwin[]): readonly FoundTwin[] {
  return [...new Map(twins.map((twin) => [`${twin.file.device} ${twin.file.inode}`, twin])).values()]
}

/** The C library is in every program: where it differs, nothing else counts. */
function whyNone({ packages: { step, sibling }, target, native }: SearchContext): string {
  const library = ['libc6', 'musl'].find((name) => step.versionOf(name) !== undefined && step.versionOf(name) !== sibling.versionOf(name))
  if (library === undefined) return 'no tool that is known to give the same output is in both images in the same version'
  return `${library} is ${step.versionOf(library) ?? ''} for ${target.architecture}, and ${sibling.versionOf(library) ?? 'not there'} for ${native.architecture}`
}
