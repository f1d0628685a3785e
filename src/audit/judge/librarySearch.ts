import type { ElfFacts } from '../elf/elfFacts.ts'
import type { ImageTree } from '../tree/imageTree.ts'
import type { FileNode } from '../tree/treeNode.ts'

/** Finds libraries where the dynamic loaders of glibc and musl look for them: ld.so(8); musl, ldso/dynlink.c. */
export interface LibrarySearch {
  /** What `name` (as in DT_NEEDED) is for `requester`. */
  find(name: string, requester: Loaded): Search
  /** Whether libraries in `folder` are found without being told of. */
  isSearched(folder: string): boolean
  /** Libraries of that name anywhere in the image. */
  elsewhere(name: string, like: ElfFacts): readonly string[]
}

export type Search =
  | { readonly kind: 'found'; readonly path: string; readonly node: FileNode; readonly elf: ElfFacts }
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
  /** LD_LIBRARY_PATH of the image's config. */
  readonly libraryPath: string
  readonly architecture: string
}

export type Libc = 'glibc' | 'musl'

/** By the loader that a program asks for, else by what a library is linked with. */
export function libcOf({ elf }: Pick<Loaded, 'elf'>): Libc {
  if (elf.loader !== undefined) return elf.loader.includes('/ld-musl-') ? 'musl' : 'glibc'
  const needed = elf.linking.kind === 'dynamic' ? elf.linking.needed : []
  return needed.some((name) => name === 'libc.so' || name.startsWith('libc.musl-')) ? 'musl' : 'glibc'
}

export function createLibrarySearch({ tree, libraryPath, architecture }: SearchOptions): LibrarySearch {
  const environment = libraryPath.split(/[:;]/).filter((path) => path !== '')
  const folders: Readonly<Record<Libc, readonly string[]>> = { glibc: [...configuredFolders(tree), ...defaultFolders(architecture)], musl: muslFolders(tree) }
  const foldersFor = (libc: Libc, elf: ElfFacts): readonly string[] => (elf.architecture === architecture || libc === 'musl' ? folders[libc] : [...folders[libc], ...defaultFolders(elf.architecture)])
  const hasMusl = [...tree.list('/lib')].some(([name]) => name.startsWith('ld-musl-'))
  const names = indexLibraries(tree)
  const known = new Map<string, Search>()
  const searched = new Set([...environment, ...folders.glibc, ...folders.musl].map((folder) => tree.find(folder)?.path ?? folder))

  function lookIn(paths: readonly string[], name: string, like: ElfFacts): Search {
    const unfit: { readonly path: string; readonly elf: ElfFacts }[] = []
    for (const folder of paths) {
      const found = tree.find(`${folder}/${name}`)
      if (found?.node.kind !== 'file' || found.node.entry.content.kind !== 'elf') continue
      const { elf } = found.node.entry.content
      if (isFit(elf, like)) return { kind: 'found', path: found.path, node: found.node, elf }
      unfit.push({ path: found.path, elf })
    }
    return { kind: 'missing', unfit }
  }

  function lookInSystem(name: string, libc: Libc, like: ElfFacts): Search {
    const key = `${libc} ${like.architecture} ${like.floats} ${name}`
    const before = known.get(key)
    if (before !== undefined) return before
    const found = lookIn(foldersFor(libc, like), name, like)
    known.set(key, found)
    return found
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
    isSearched: (folder) => searched.has(folder),
    elsewhere: (name, like) => (names.get(name) ?? []).filter(({ elf }) => isFit(elf, like)).map(({ path }) => path),
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

/** Debian's names for the folders of an architecture. */
const TRIPLETS: ReadonlyMap<string, string> = new Map([
  ['amd64', 'x86_64-linux-gnu'],
  ['386', 'i386-linux-gnu'],
  ['amd64p32', 'x86_64-linux-gnux32'],
  ['arm64', 'aarch64-linux-gnu'],
  ['ppc64le', 'powerpc64le-linux-gnu'],
  ['ppc64', 'powerpc64-linux-gnu'],
  ['s390x', 's390x-linux-gnu'],
  ['riscv64', 'riscv64-linux-gnu'],
  ['loong64', 'loongarch64-linux-gnu'],
  ['mips64le', 'mips64el-linux-gnuabi64'],
  ['mipsle', 'mipsel-linux-gnu'],
])

/** Those of glibc as it comes, and as Debian, Fedora and others build it. */
function defaultFolders(architecture: string): readonly string[] {
  const triplets = architecture === 'arm' ? ['arm-linux-gnueabihf', 'arm-linux-gnueabi'] : [TRIPLETS.get(architecture) ?? '']
  const names = [...triplets.map((triplet) => `lib/${triplet}`), 'lib64', 'lib', ...(architecture === 'riscv64' ? ['lib64/lp64d'] : []), ...(architecture === '386' ? ['lib32'] : []), ...(architecture === 'amd64p32' ? ['libx32'] : [])]
  return names.flatMap((name) => [`/${name}`, `/usr/${name}`])
}

/** `/etc/ld.so.conf` with what it includes. ldconfig is taken to have been run. */
function configuredFolders(tree: ImageTree): readonly string[] {
  const folders: string[] = []
  const open = ['/etc/ld.so.conf']
  const seen = new Set<string>()
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    for (const line of searchPathsAt(tree, path)?.split('\n') ?? []) {
      const text = line.replace(/#.*/, '').trim()
      const pattern = /^include\s+(\S+)$/.exec(text)?.[1]
      if (pattern !== undefined) open.push(...matchFiles(tree, pattern.startsWith('/') ? pattern : `/etc/${pattern}`))
      else if (text.startsWith('/')) folders.push(...text.split(/[\s:,]+/).filter((folder) => folder.startsWith('/')))
    }
  }
  return folders
}

/** Wildcards in the last component only: no distribution has others. */
function matchFiles(tree: ImageTree, pattern: string): readonly string[] {
  const slash = pattern.lastIndexOf('/')
  const folder = pattern.slice(0, slash)
  const parts = pattern.slice(slash + 1).split('*')
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  return [...tree.list(folder)].map(([name]) => name).filter((name) => (parts.length === 1 ? name === first : name.startsWith(first) && name.endsWith(last))).map((name) => `${folder}/${name}`)
}

function searchPathsAt(tree: ImageTree, path: string): string | undefined {
  const node = tree.find(path)?.node
  return node?.kind === 'file' && node.entry.content.kind === 'search-paths' ? node.entry.content.text : undefined
}

/** A file of paths takes the place of musl's own. */
function muslFolders(tree: ImageTree): readonly string[] {
  const files = [...tree.list('/etc')].map(([name]) => name).filter((name) => /^ld-musl-.*\.path$/.test(name))
  const texts = files.flatMap((name) => searchPathsAt(tree, `/etc/${name}`) ?? [])
  if (texts.length === 0) return ['/lib', '/usr/local/lib', '/usr/lib']
  return texts.flatMap((text) => text.split(/[:\n]/)).map((folder) => folder.trim()).filter((folder) => folder !== '')
}

interface Named {
  readonly path: string
  readonly elf: ElfFacts
}

/** Every library by its soname and by its file's name. */
function indexLibraries(tree: ImageTree): ReadonlyMap<string, readonly Named[]> {
  const names = new Map<string, Named[]>()
  for (const { path, node } of tree.files()) {
    if (node.entry.content.kind !== 'elf') continue
    const { elf } = node.entry.content
    const file = path.slice(path.lastIndexOf('/') + 1)
    for (const name of new Set([file, elf.linking.kind === 'dynamic' ? (elf.linking.soname ?? file) : file])) {
      const before = names.get(name)
      if (before === undefined) names.set(name, [{ path, elf }])
      else before.push({ path, elf })
    }
  }
  return names
}

/** Whether a loader of `like`'s kind takes the file rather than to look on. */
function isFit(elf: ElfFacts, like: ElfFacts): boolean {
  return elf.kind !== 'object' && elf.architecture === like.architecture && (elf.floats === like.floats || elf.floats === 'unknown' || like.floats === 'unknown')
}
