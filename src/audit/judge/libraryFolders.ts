import type { ImageTree } from '../tree/imageTree.ts'

export type Libc = 'glibc' | 'musl'

/** Where the loaders of an image look for libraries that nothing else says the place of. */
export interface LibraryFolders {
  readonly folders: Readonly<Record<Libc, readonly string[]>>
  /** Whether musl's loader is there. */
  readonly hasMusl: boolean
}

export function readLibraryFolders(tree: ImageTree, architecture: string): LibraryFolders {
  return {
    folders: { glibc: [...configuredFolders(tree), ...defaultFolders(architecture)], musl: muslFolders(tree) },
    hasMusl: namesIn(tree, '/lib').some((name) => name.startsWith('ld-musl-')),
  }
}

/** Debian's names for the folders of an architecture. */
export const TRIPLETS: ReadonlyMap<string, string> = new Map([
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
export function defaultFolders(architecture: string): readonly string[] {
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
      if (pattern !== undefined) open.push(...matchFiles(tree, pattern.startsWith('/') ? pattern : `/etc/${pattern}`).toReversed())
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
  return namesIn(tree, folder).filter((name) => (parts.length === 1 ? name === first : name.startsWith(first) && name.endsWith(last))).map((name) => `${folder}/${name}`)
}

/** In the order in which glob(3) has them. */
function namesIn(tree: ImageTree, folder: string): readonly string[] {
  return [...tree.names(folder)].sort()
}

function searchPathsAt(tree: ImageTree, path: string): string | undefined {
  const node = tree.find(path)?.node
  return node?.kind === 'file' && node.entry.content.kind === 'search-paths' ? node.entry.content.text : undefined
}

/** A file of paths takes the place of musl's own. */
function muslFolders(tree: ImageTree): readonly string[] {
  const files = namesIn(tree, '/etc').filter((name) => /^ld-musl-.*\.path$/.test(name))
  const texts = files.flatMap((name) => searchPathsAt(tree, `/etc/${name}`) ?? [])
  if (texts.length === 0) return ['/lib', '/usr/local/lib', '/usr/lib']
  return texts.flatMap((text) => text.split(/[:\n]/)).map((folder) => folder.trim()).filter((folder) => folder !== '')
}
