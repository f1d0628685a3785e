import type { ElfFacts } from '../elf/elfFacts.ts'
import type { ImageTree } from '../tree/imageTree.ts'
import { defaultFolders, TRIPLETS, type Libc } from './libraryFolders.ts'
import type { LibraryNames } from './libraryNames.ts'
import type { LookupLog, Watched } from './lookupLog.ts'
import type { Surroundings } from './surroundings.ts'

/** Finds libraries where the dynamic loaders of glibc and musl look for them: ld.so(8); musl, ldso/dynlink.c. */
export interface LibrarySearch {
  /** What `name` (as in DT_NEEDED) is for `requester`. */
  find(name: string, requester: Loaded): Search
  /** Libraries of that name anywhere in the image, in the order of their paths. */
  elsewhere(name: string, like: ElfFacts): readonly string[]
}

export type Search =
  | { readonly kind: 'found'; readonly path: string; readonly elf: ElfFacts }
  /** The loader itself, which is there already. */
  | { readonly kind: 'loader' }
  /** `unfit` are files of that name that the loader passes by. */
  | { readonly kind: 'missing'; readonly unfit: readonly { readonly path: string; readonly elf: ElfFacts }[] }

/** A file in memory, and what loaded it. */
export interface Loaded {
  readonly path: string
  readonly elf: ElfFacts
  readonly parent: Loaded | undefined
}

export interface SearchOptions {
  readonly tree: ImageTree
  readonly surroundings: Surroundings
  readonly names: LibraryNames
  readonly log: LookupLog
}

/** By the loader that a program asks for, else by what a library is linked with. */
export function libcOf({ elf }: Pick<Loaded, 'elf'>): Libc {
  if (elf.loader !== undefined) return elf.loader.includes('/ld-musl-') ? 'musl' : 'glibc'
  const needed = elf.linking.kind === 'dynamic' ? elf.linking.needed : []
  return needed.some((name) => name === 'libc.so' || name.startsWith('libc.musl-')) ? 'musl' : 'glibc'
}

export function createLibrarySearch({ tree, surroundings, names, log }: SearchOptions): LibrarySearch {
  const { environment, folders, hasMusl, architecture } = surroundings
  const foldersFor = (libc: Libc, elf: ElfFacts): readonly string[] => (elf.architecture === architecture || libc === 'musl' ? folders[libc] : [...folders[libc], ...defaultFolders(elf.architecture)])
  const known = new Map<string, Watched<Search>>()

  function lookIn(paths: readonly string[], name: string, like: ElfFacts): Search {
    const unfit: { readonly path: string; readonly elf: ElfFacts }[] = []
    for (const folder of paths) {
      const found = tree.find(`${folder}/${name}`, log.note)
      if (found?.node.kind !== 'file' || found.node.entry.content.kind !== 'elf') continue
      const { elf } = found.node.entry.content
      if (isFit(elf, like)) return { kind: 'found', path: found.path, elf }
      unfit.push({ path: found.path, elf })
    }
    return { kind: 'missing', unfit }
  }

  function lookInSystem(name: string, libc: Libc, like: ElfFacts): Search {
    const key = `${libc} ${like.architecture} ${like.floats} ${name}`
    const before = known.get(key)
    if (before !== undefined) {
      for (const place of before.lookups) log.note(place)
      return before.result
    }
    const found = log.watch(() => lookIn(foldersFor(libc, like), name, like))
    known.set(key, found)
    return found.result
  }

  return {
    find(name, requester) {
      if (name.includes('/')) return lookIn([''], expandAll([name], requester)[0] ?? name, requester.elf)
      const program = rootOf(requester)
      const libc = libcOf(program)
      if (isLoader(name, program) || (libc === 'musl' && (hasMusl || program.elf.loader !== undefined) && MUSL_NAMES.test(name))) return { kind: 'loader' }
      const own = lookIn(ownFolders(requester, libc, environment), name, requester.elf)
      if (own.kind === 'found') return own
      const system = lookInSystem(name, libc, requester.elf)
      return system.kind === 'missing' && own.kind === 'missing' ? { kind: 'missing', unfit: [...own.unfit, ...system.unfit] } : system
    },
    elsewhere(name, like) {
      log.note(`~${name}`)
      return names.named(name).filter(({ elf }) => isFit(elf, like)).map(({ path }) => path)
    },
  }
}

function rootOf(loaded: Loaded): Loaded {
  let root = loaded
  while (root.parent !== undefined) root = root.parent
  return root
}

/** musl's loader is its C library, and stands for all names that the parts of one have. */
const MUSL_NAMES = /^lib(?:c|pthread|rt|m|dl|util|xnet)\.so$|^libc\.musl-[^/]*\.so\.1$|^ld-musl-[^/]*\.so\.1$/

function isLoader(name: string, { elf: { loader } }: Loaded): boolean {
  return name === loader?.slice(loader.lastIndexOf('/') + 1)
}

/** What is looked into before the system's own folders. A RUNPATH is for its own file's needs alone, and keeps RPATHs out; musl makes no difference between them, and passes both on. */
function ownFolders(requester: Loaded, libc: Libc, environment: readonly string[]): readonly string[] {
  const own = requester.elf.linking
  if (own.kind !== 'dynamic') return environment
  if (libc === 'glibc' && own.runpath.length > 0) return [...environment, ...expandAll(own.runpath, requester)]
  const inherited: string[] = []
  for (let loaded: Loaded | undefined = requester; loaded !== undefined; loaded = loaded.parent) {
    const { linking } = loaded.elf
    if (linking.kind !== 'dynamic') continue
    if (libc === 'musl') inherited.push(...expandAll([...linking.runpath, ...linking.rpath], loaded))
    else if (linking.runpath.length === 0) inherited.push(...expandAll(linking.rpath, loaded))
  }
  return libc === 'musl' ? [...environment, ...inherited] : [...inherited, ...environment]
}

function expandAll(paths: readonly string[], loaded: Loaded): readonly string[] {
  const origin = loaded.path.slice(0, loaded.path.lastIndexOf('/'))
  const architecture = loaded.elf.architecture
  const platform = KERNEL_NAMES.get(architecture) ?? architecture
  return paths.flatMap((path) => {
    const placed = path.replace(/\$(?:ORIGIN\b|\{ORIGIN\})/g, () => origin).replace(/\$(?:PLATFORM\b|\{PLATFORM\})/g, () => platform)
    const lib = /\$(?:LIB\b|\{LIB\})/g
    return lib.test(placed) ? ['lib64', 'lib', `lib/${TRIPLETS.get(architecture) ?? ''}`].map((name) => placed.replace(lib, () => name)) : [placed]
  })
}

/** What `uname -m`, and so AT_PLATFORM, says; where it is no other than the name it is not here. */
const KERNEL_NAMES: ReadonlyMap<string, string> = new Map([
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
  ['386', 'i686'],
  ['arm', 'v7l'],
])

/** Whether a loader of `like`'s kind takes the file rather than to look on. */
function isFit(elf: ElfFacts, like: ElfFacts): boolean {
  return elf.kind !== 'object' && elf.architecture === like.architecture && (elf.floats === like.floats || elf.floats === 'unknown' || like.floats === 'unknown')
}
