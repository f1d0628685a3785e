import { compareByPath, namesOf, type LibraryNames, type NamedElf } from '../judge/libraryNames.ts'
import type { PackedTree } from './packedTree.ts'

/** The libraries of a packed tree by their names: those of which `isThere` is true. */
export function namesOnTree(tree: PackedTree, isThere: (id: number) => boolean = () => true): LibraryNames {
  const elfAt = (id: number): readonly NamedElf[] => {
    const node = tree.nodeAt(id)
    return node.kind === 'file' && node.entry.content.kind === 'elf' ? [{ path: tree.pathOf(id), elf: node.entry.content.elf }] : []
  }
  return { named: (name) => [...tree.namedLike(name)].filter(isThere).flatMap(elfAt).filter((file) => namesOf(file).has(name)).sort(compareByPath) }
}

/** The libraries of either. */
export function joinNames(...all: readonly LibraryNames[]): LibraryNames {
  return { named: (name) => all.flatMap((names) => names.named(name)).sort(compareByPath) }
}
