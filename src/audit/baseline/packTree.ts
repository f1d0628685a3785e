import { isJudged } from '../judge/judgedFile.ts'
import { namesOf } from '../judge/libraryNames.ts'
import type { FileNode, FolderNode, TreeNode } from '../tree/treeNode.ts'
import { CAPABILITIES, FURTHER_NAME, JUDGED, kindOf, NODE_KINDS, textOf } from './packedNode.ts'
import { hashPlace } from './placeHash.ts'
import { bytesOf, packSections } from './sections.ts'

/** The files of `layerCount` layers in the form that `readPackedTree` reads. */
export function packTree(root: FolderNode, layerCount: number): Uint8Array {
  const { names, nodes, parents, firsts, counts } = listNodes(root)
  const kinds = new Uint8Array(nodes.length)
  const [modes, layers] = [new Uint16Array(nodes.length), new Uint16Array(nodes.length)]
  const texts = new Map<string, number>()
  for (const [id, node] of nodes.entries()) {
    kinds[id] = NODE_KINDS.indexOf(kindOf(node))
    if (node.kind !== 'folder') firsts[id] = numberOf(textOf(node), texts)
    if (node.kind !== 'file') continue
    const { mode, hasCapabilities } = node.entry
    modes[id] = (mode & 0o7777) | (hasCapabilities ? CAPABILITIES : 0) | (isJudged(node) ? JUDGED : 0)
    layers[id] = node.layer
  }
  const linked = linkedNames({ names, nodes, parents })
  for (const [, ...further] of linked) for (const id of further) modes[id] = (modes[id] ?? 0) | FURTHER_NAME
  const [packedNames, packedTexts] = [packStrings(names), packStrings([...texts.keys()])]
  const { hashes, ids } = libraryNames({ names, nodes })
  const header = Buffer.from(JSON.stringify({ layerCount, linked }))
  const tables = [Uint32Array.from(parents), Uint32Array.from(firsts), Uint32Array.from(counts), packedNames.starts, packedTexts.starts, hashes, ids, modes, layers].map(bytesOf)
  return packSections([header, ...tables, kinds, packedNames.bytes, packedTexts.bytes])
}

/** Columns by node. */
interface ListedNodes {
  readonly names: string[]
  readonly nodes: TreeNode[]
  readonly parents: number[]
  /** Of a folder: its first child. */
  readonly firsts: number[]
  readonly counts: number[]
}

/** Breadth first, siblings in the order of their names: so a name is found by bisection. */
function listNodes(root: FolderNode): ListedNodes {
  const listed: ListedNodes = { names: [''], nodes: [root], parents: [0], firsts: [0], counts: [0] }
  const { names, nodes, parents, firsts, counts } = listed
  for (let id = 0; id < nodes.length; id += 1) {
    const node = nodes[id]
    if (node?.kind !== 'folder') continue
    firsts[id] = nodes.length
    for (const name of sortedNames(node)) {
      const child = node.children.get(name)
      if (child === undefined) continue
      names.push(name)
      nodes.push(child)
      parents.push(id)
      firsts.push(0)
      counts.push(0)
    }
    counts[id] = nodes.length - (firsts[id] ?? 0)
  }
  return listed
}

/** Most layers have them in order. */
function sortedNames({ children }: FolderNode): readonly string[] {
  const names = [...children.keys()]
  const isSorted = names.every((name, at) => at === 0 || (names[at - 1] ?? '') < name)
  return isSorted ? names : names.sort((a, b) => (a < b ? -1 : 1))
}

/** Judged files of several names: the ids of each, in the order of their paths. */
function linkedNames({ names, nodes, parents }: Pick<ListedNodes, 'names' | 'nodes' | 'parents'>): readonly (readonly number[])[] {
  const byEntry = new Map<FileNode['entry'], number[]>()
  for (const [id, node] of nodes.entries()) {
    if (node.kind !== 'file' || !isJudged(node)) continue
    const before = byEntry.get(node.entry)
    if (before === undefined) byEntry.set(node.entry, [id])
    else before.push(id)
  }
  const pathOf = (id: number): string => {
    let path = ''
    for (let at = id; at !== 0; at = parents[at] ?? 0) path = `/${names[at] ?? ''}${path}`
    return path
  }
  return [...byEntry.values()].filter(({ length }) => length > 1).map((ids) => ids.map((id) => ({ id, path: pathOf(id) })).sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ id }) => id))
}

/** ELF files by the hashes of what they may be asked for by. */
function libraryNames({ names, nodes }: Pick<ListedNodes, 'names' | 'nodes'>): { readonly hashes: Uint32Array; readonly ids: Uint32Array } {
  const pairs: { readonly hash: number; readonly id: number }[] = []
  for (const [id, node] of nodes.entries()) {
    if (node.kind !== 'file' || node.entry.content.kind !== 'elf') continue
    for (const one of namesOf({ path: names[id] ?? '', elf: node.entry.content.elf })) pairs.push({ hash: hashPlace(one), id })
  }
  pairs.sort((a, b) => a.hash - b.hash)
  return { hashes: Uint32Array.from(pairs, ({ hash }) => hash), ids: Uint32Array.from(pairs, ({ id }) => id) }
}

/** Equal texts have one number; what has none is never asked for it. */
function numberOf(text: string | undefined, texts: Map<string, number>): number {
  if (text === undefined) return 0
  const known = texts.get(text)
  if (known === undefined) texts.set(text, texts.size)
  return known ?? texts.size - 1
}

/** Each character is one byte: names are byte strings, and facts are made of them. */
function packStrings(strings: readonly string[]): { readonly starts: Uint32Array; readonly bytes: Uint8Array } {
  const starts = new Uint32Array(strings.length + 1)
  let at = 0
  for (const [index, text] of strings.entries()) starts[index + 1] = at += text.length
  return { starts, bytes: Buffer.from(strings.join(''), 'latin1') }
}
