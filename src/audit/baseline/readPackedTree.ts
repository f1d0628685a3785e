import { asByteString } from '../../kit/byteString.ts'
import type { ElfFacts } from '../elf/elfFacts.ts'
import type { FileContent, FileEntry } from '../facts/layerFacts.ts'
import { PackedChildren } from './packedChildren.ts'
import { CAPABILITIES, FURTHER_NAME, isFileKind, JUDGED, NODE_KINDS, type FileKind } from './packedNode.ts'
import type { PackedFileNode, PackedTree } from './packedTree.ts'
import { hashPlace, lowerBound } from './placeHash.ts'
import { shortsOf, unpackSections, wordsOf } from './sections.ts'

interface Tables {
  readonly parents: Uint32Array
  /** Of a folder its first child; of what has a text the text's number. */
  readonly firsts: Uint32Array
  readonly counts: Uint32Array
  readonly nameStarts: Uint32Array
  readonly textStarts: Uint32Array
  readonly hashes: Uint32Array
  readonly hashedIds: Uint32Array
  readonly modes: Uint16Array
  readonly layers: Uint16Array
  readonly kinds: Uint8Array
  readonly names: Buffer
  readonly texts: Buffer
}

const SECTION_COUNT = 13

/** Of what `packTree` made. @throws RangeError, SyntaxError for other bytes */
export function readPackedTree(packed: Uint8Array): PackedTree {
  const [header = packed, ...sections] = unpackSections(packed, SECTION_COUNT)
  const { layerCount, linked } = JSON.parse(asBuffer(header).toString()) as Pick<PackedTree, 'layerCount' | 'linked'>
  const section = (index: number): Uint8Array => sections[index] ?? new Uint8Array()
  const words = (index: number): Uint32Array => wordsOf(section(index))
  const tables: Tables = {
    ...{ parents: words(0), firsts: words(1), counts: words(2), nameStarts: words(3), textStarts: words(4), hashes: words(5), hashedIds: words(6) },
    ...{ modes: shortsOf(section(7)), layers: shortsOf(section(8)), kinds: section(9), names: asBuffer(section(10)), texts: asBuffer(section(11)) },
  }
  return createPackedTree(tables, layerCount, linked)
}

function createPackedTree(tables: Tables, layerCount: number, linked: PackedTree['linked']): PackedTree {
  const { parents, firsts, counts, hashes, hashedIds, modes, layers, kinds } = tables
  const mainNames = new Map(linked.flatMap((ids) => ids.map((id) => [id, ids[0] ?? id])))
  const lastNames = new Map(linked.map((ids) => [ids[0] ?? 0, ids.at(-1) ?? 0]))
  const entries = new Map<number, FileEntry>()
  const numberAt = (table: Uint32Array | Uint16Array | Uint8Array, id: number): number => table[id] ?? 0
  const hasFlag = (id: number, flag: number): boolean => (numberAt(modes, id) & flag) !== 0

  /** The same for all names of a file. */
  function entryAt(id: number, kind: FileKind): FileEntry {
    const main = mainNames.get(id)
    const known = main === undefined ? undefined : entries.get(main)
    if (known !== undefined) return known
    const entry = createEntry({ path: asByteString(tree.pathOf(id).slice(1)), mode: numberAt(modes, id) & 0o7777, hasCapabilities: hasFlag(id, CAPABILITIES) }, () => contentOf(kind, textAt(tables, numberAt(firsts, id))))
    if (main !== undefined) entries.set(main, entry)
    return entry
  }

  const tree: PackedTree = {
    layerCount,
    nodeCount: kinds.length,
    root: () => ({ kind: 'folder', children: new PackedChildren(tree, 0) }),
    parentOf: (id) => numberAt(parents, id),
    kindOf: (id) => NODE_KINDS[numberAt(kinds, id)] ?? 'other',
    *childrenOf(id) {
      const first = numberAt(firsts, id)
      for (let child = first; child < first + numberAt(counts, id); child += 1) yield child
    },
    childOf: (id, name) => findName(tables, name, { first: numberAt(firsts, id), count: numberAt(counts, id) }),
    nameOf: (id) => nameAt(tables, id),
    pathOf(id) {
      let path = ''
      for (let at = id; at !== 0; at = numberAt(parents, at)) path = `/${nameAt(tables, at)}${path}`
      return asByteString(path)
    },
    idAt: (path) => path.split('/').slice(1).reduce((id: number | undefined, name) => (id !== undefined && tree.kindOf(id) === 'folder' ? tree.childOf(id, name) : undefined), 0),
    nodeAt(id) {
      const kind = tree.kindOf(id)
      if (isFileKind(kind)) {
        const node: PackedFileNode = { kind: 'file', id, entry: entryAt(id, kind), layer: numberAt(layers, id) }
        return node
      }
      if (kind === 'folder') return { kind, children: new PackedChildren(tree, id) }
      return kind === 'symlink' ? { kind, target: asByteString(textAt(tables, numberAt(firsts, id))) } : { kind }
    },
    fileAt(id) {
      const node = tree.nodeAt(id)
      if (node.kind !== 'file') throw new TypeError('not a file')
      const path = tree.pathOf(id)
      const last = lastNames.get(id)
      return { path, node, order: last === undefined ? path : tree.pathOf(last) }
    },
    isMainName: (id) => !hasFlag(id, FURTHER_NAME),
    isJudged: (id) => hasFlag(id, JUDGED),
    linked,
    *namedLike(name) {
      const hash = hashPlace(name)
      for (let at = lowerBound(hashes, hash); hashes[at] === hash; at += 1) yield numberAt(hashedIds, at)
    },
  }
  return tree
}

/** Its content is read when it is asked for. */
function createEntry(entry: Omit<FileEntry, 'kind' | 'content'>, read: () => FileContent): FileEntry {
  let content: FileContent | undefined
  return {
    kind: 'file',
    ...entry,
    get content() {
      return (content ??= read())
    },
  }
}

function contentOf(kind: FileKind, text: string): FileContent {
  switch (kind) {
    case 'elf':
      return { kind, elf: JSON.parse(text) as ElfFacts } // as `textOf` wrote it
    case 'script':
      return { kind, line: asByteString(text) }
    case 'search-paths':
      return { kind, text: asByteString(text) }
    case 'foreign':
      return { kind, system: text }
    case 'empty':
    case 'other':
      return { kind }
  }
}

function nameAt({ names, nameStarts }: Tables, id: number): string {
  return names.toString('latin1', nameStarts[id], nameStarts[id + 1])
}

function textAt({ texts, textStarts }: Tables, number: number): string {
  return texts.toString('latin1', textStarts[number], textStarts[number + 1])
}

function findName(tables: Tables, name: string, { first, count }: { readonly first: number; readonly count: number }): number | undefined {
  let [low, high] = [first, first + count]
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = compareName(tables, middle, name)
    if (order === 0) return middle
    if (order < 0) low = middle + 1
    else high = middle
  }
  return undefined
}

function compareName({ names, nameStarts }: Tables, id: number, name: string): number {
  const start = nameStarts[id] ?? 0
  const length = (nameStarts[id + 1] ?? 0) - start
  for (let at = 0; at < length && at < name.length; at += 1) {
    const difference = (names[start + at] ?? 0) - name.charCodeAt(at)
    if (difference !== 0) return difference
  }
  return length - name.length
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
