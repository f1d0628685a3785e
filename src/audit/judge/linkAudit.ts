import { asByteString, textOfBytes } from '../../kit/byteString.ts'
import type { DynamicLinking } from '../elf/elfFacts.ts'
import { describeArchitecture } from '../elf/machine.ts'
import type { Finding, Severity } from '../finding.ts'
import { fitOf } from './fit.ts'
import type { ElfFile } from './judgedFile.ts'
import { libcOf, type Loaded, type Search } from './librarySearch.ts'
import { namesItsLibc } from './places.ts'
import { findingOf, folderOf, type AuditSubject } from './subject.ts'

/** What the loader would say of one program or library, without running any: loaders, libraries and symbol versions that are not there. */
export interface LinkVerdict {
  readonly file: ElfFile
  readonly findings: readonly LinkFinding[]
  /** The paths of the libraries that the program loads. */
  readonly reached: ReadonlySet<string>
  /** As far as the subject's log knows. */
  readonly lookups: ReadonlySet<string>
}

export interface LinkFinding {
  /** What is told once, of the first program that meets it; undefined for what is of this program alone. */
  readonly key: string | undefined
  readonly finding: Finding
}

export interface LinkContext {
  readonly subject: AuditSubject
  /** The ELF file that goes by `path`; undefined for a further name of one. */
  readonly elfAt: (path: string) => ElfFile | undefined
}

/** Whether a loader is asked for it: what is not run here needs nothing here. */
export function isLinked({ elf, isExecutable }: ElfFile, { platform }: Pick<AuditSubject, 'platform'>): 'program' | 'library' | undefined {
  if (fitOf(elf, platform) === 'foreign') return undefined
  if (elf.kind === 'library') return 'library'
  return elf.kind === 'program' && isExecutable ? 'program' : undefined
}

export function judgeProgram(program: ElfFile, context: LinkContext): LinkVerdict {
  const reached = new Set<string>()
  const { result, lookups } = context.subject.log.watch(() => [...checkProgram(program, { ...context, reached, told: new Set() })])
  return { file: program, findings: result, reached, lookups }
}

/** Of a library that no program loads. */
export function judgeLibrary(file: ElfFile, context: LinkContext): LinkVerdict {
  const walk: LinkWalk = { ...context, reached: new Set(), told: new Set() }
  const { result, lookups } = context.subject.log.watch(() => [...checkOne({ path: file.path, elf: file.elf, parent: undefined }, { file, walk, program: undefined }, new Map())])
  return { file, findings: result, reached: new Set(), lookups }
}

interface LinkWalk extends LinkContext {
  /** What was found of this program already. */
  readonly told: Set<string>
  /** Libraries that it loads. */
  readonly reached: Set<string>
}

function* checkProgram(program: ElfFile, walk: LinkWalk): Generator<LinkFinding> {
  const { elf } = program
  if (elf.loader !== undefined && !isLoadable(program, walk.subject)) {
    yield { key: undefined, finding: loaderMissing(program, elf.loader, walk.subject) }
    return
  }
  // breadth first, as the loader does it: what is loaded already under a name is not looked for again
  const loaded = new Map<string, Loaded>()
  const queue: Loaded[] = [{ path: program.path, elf, parent: undefined }]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const before = loaded.size
    yield* checkOne(next, { file: walk.elfAt(next.path) ?? program, walk, program }, loaded)
    for (const library of [...loaded.values()].slice(before)) {
      if (queue.some(({ path }) => path === library.path)) continue
      walk.reached.add(library.path)
      queue.push(library)
    }
  }
}

/** Whether the file that the program names as its loader is one. */
function isLoadable({ elf }: ElfFile, { tree, log }: AuditSubject): boolean {
  const node = tree.find(elf.loader ?? '', log.note)?.node
  return node?.kind === 'file' && node.entry.content.kind === 'elf' && node.entry.content.elf.architecture === elf.architecture
}

function loaderMissing(program: ElfFile, loader: string, { platform, tree }: AuditSubject): Finding {
  const { elf, excuse } = program
  const other = tree.find(loader)?.node
  const state = other?.kind === 'file' && other.entry.content.kind === 'elf' ? `is for ${describeArchitecture(other.entry.content.elf.architecture)}` : 'is not in the image'
  const isForeign = elf.architecture !== platform.architecture
  const isOtherLibc = namesItsLibc(program.path, libcOf({ elf }))
  const libc = loader.includes('/ld-musl-') ? 'musl (Alpine)' : 'glibc (Debian, Fedora)'
  return findingOf(program, {
    rule: 'LoaderMissing',
    // packages bring helpers for 32 bits that are asked for only where there is more of that
    severity: excuse !== undefined || isOtherLibc ? 'note' : isForeign && !program.isCommand ? 'warning' : 'error',
    message: `needs the loader ${textOfBytes(asByteString(loader))}, which ${state}`,
    remedy: isForeign ? `install the C library for ${elf.architecture}, or use a build for ${platform.architecture}` : `link it statically, or use a base image with ${libc}`,
  })
}

interface Checked {
  /** The file that `loaded` is. */
  readonly file: ElfFile
  readonly walk: LinkWalk
  /** On whose behalf; undefined where no program is known to load it. */
  readonly program: ElfFile | undefined
}

/** Looks for what one file needs, and puts it into `loaded`, by each name. */
function* checkOne(requester: Loaded, checked: Checked, loaded: Map<string, Loaded>): Generator<LinkFinding> {
  const { linking } = requester.elf
  if (linking.kind !== 'dynamic') return
  const { libraries } = checked.walk.subject
  for (const name of linking.needed) {
    if (loaded.has(name)) continue
    const search = libraries.find(name, requester)
    if (search.kind === 'missing') yield* missingLibrary(name, search, requester, checked)
    if (search.kind !== 'found') continue
    const library = { path: search.path, elf: search.elf, parent: requester }
    loaded.set(name, library)
    const soname = search.elf.linking.kind === 'dynamic' ? search.elf.linking.soname : undefined
    if (soname !== undefined && !loaded.has(soname)) loaded.set(soname, library)
  }
  yield* missingVersions(linking, loaded, checked)
}

function* missingLibrary(name: string, search: Extract<Search, { readonly kind: 'missing' }>, requester: Loaded, { file, walk, program }: Checked): Generator<LinkFinding> {
  const key = `${file.path} ${name}`
  if (isTold(walk, key)) return
  const { libraries } = walk.subject
  const [place] = libraries.elsewhere(name, file.elf)
  // what loads a library that no program names may have loaded, or looks elsewhere for, what that needs
  if (place !== undefined && program === undefined) return
  const [unfit] = search.unfit
  const state = place !== undefined ? `is in ${textOfBytes(asByteString(folderOf(place)))}, where it is not looked for` : unfit === undefined ? 'is not in the image' : `is there for ${describeArchitecture(unfit.elf.architecture)} only`
  const isOtherLibc = program === undefined && !hasLibc(walk, file) && namesItsLibc(file.path, libcOf(requester))
  const finding = findingOf(file, {
    rule: 'LibraryMissing',
    severity: isOtherLibc ? 'note' : severityFor(file, program, place === undefined ? 'error' : 'warning'),
    message: `needs ${textOfBytes(asByteString(name))}, which ${state}${loadedBy(file, program)}`,
    remedy: place !== undefined ? `set LD_LIBRARY_PATH=${folderOf(place)} by ENV, or build it with a RUNPATH, unless what starts it does` : 'install the package that has it, copy it too, or link statically',
  })
  yield { key, finding }
}

/** Whether the image has the C library that a file is linked with. */
function hasLibc({ subject }: LinkWalk, file: ElfFile): boolean {
  return libcOf(file) === 'musl' ? subject.surroundings.hasMusl : subject.libraries.elsewhere('libc.so.6', file.elf).length > 0
}

function* missingVersions(linking: DynamicLinking, loaded: ReadonlyMap<string, Loaded>, { file, walk, program }: Checked): Generator<LinkFinding> {
  for (const { library, versions } of linking.versionsNeeded) {
    const found = loaded.get(library)
    if (found?.elf.linking.kind !== 'dynamic' || found.elf.linking.versionsDefined.length === 0) continue
    const defined = new Set(found.elf.linking.versionsDefined)
    const absent = versions.filter((version) => !defined.has(version))
    const [newest] = absent.toSorted(compareVersions).toReversed()
    const key = `${file.path} ${library} ${newest ?? ''}`
    if (newest === undefined || isTold(walk, key)) continue
    const highest = found.elf.linking.versionsDefined.filter((version) => prefixOf(version) === prefixOf(newest) && /\d$/.test(version)).toSorted(compareVersions).at(-1)
    const finding = findingOf(file, {
      rule: 'SymbolVersionMissing',
      severity: severityFor(file, program, 'error'),
      message: `needs ${newest} of ${library}, and the image's has ${highest ?? 'no such version'}${loadedBy(file, program)}`,
      remedy: library.startsWith('libc.so') ? 'build it on the same distribution release as the image, or an older one; or use a newer base image' : `install a newer ${library}, or build against the image's`,
    })
    yield { key, finding }
  }
}

function prefixOf(version: string): string {
  return version.replace(/[\d.]+$/, '')
}

function compareVersions(a: string, b: string): number {
  const numbers = (version: string): readonly number[] => (/[\d.]+$/.exec(version)?.[0] ?? '').split('.').map(Number)
  const [first, second] = [numbers(a), numbers(b)]
  const differing = first.findIndex((number, index) => number !== second[index])
  return differing < 0 ? first.length - second.length : (first[differing] ?? 0) - (second[differing] ?? 0)
}

/** A library that no program names fails when it is asked for, which may be never. */
function severityFor({ excuse }: ElfFile, program: ElfFile | undefined, severity: Severity): Severity {
  if (excuse !== undefined || program?.excuse !== undefined) return 'note'
  return program === undefined ? 'warning' : severity
}

function loadedBy(file: ElfFile, program: ElfFile | undefined): string {
  return program === undefined || program.path === file.path ? '' : `; ${textOfBytes(program.path)} loads it`
}

function isTold({ told }: LinkWalk, key: string): boolean {
  if (told.has(key)) return true
  told.add(key)
  return false
}
