import type { ElfFacts } from '../elf/elfFacts.ts'

/** An ELF file by one of its names. */
export interface NamedElf {
  readonly path: string
  readonly elf: ElfFacts
}

/** Libraries by what others ask for them by, wherever they are. */
export interface LibraryNames {
  /** Those whose file's name or soname is `name`, in the order of their paths. */
  named(name: string): readonly NamedElf[]
}

/** What a file may be asked for by: its name and its soname. */
export function namesOf({ path, elf }: NamedElf): ReadonlySet<string> {
  const file = path.slice(path.lastIndexOf('/') + 1)
  return new Set([file, elf.linking.kind === 'dynamic' ? (elf.linking.soname ?? file) : file])
}

/** Reads `files` when it is first asked. */
export function indexNames(files: Iterable<NamedElf>): LibraryNames {
  let index: ReadonlyMap<string, readonly NamedElf[]> | undefined
  return { named: (name) => ((index ??= byName(files)).get(name) ?? []).toSorted(compareByPath) }
}

function byName(files: Iterable<NamedElf>): ReadonlyMap<string, readonly NamedElf[]> {
  const names = new Map<string, NamedElf[]>()
  for (const file of files) {
    for (const name of namesOf(file)) {
      const before = names.get(name)
      if (before === undefined) names.set(name, [file])
      else before.push(file)
    }
  }
  return names
}

export function compareByPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}
