import { isJudged } from '../judge/judgedFile.ts'
import { namesOf } from '../judge/libraryNames.ts'
import type { FileNode, FolderNode, TreeNode } from '../tree/treeNode.ts'
import { CAPABILITIES, FURTHER_NAME, JUDGED, kindOf, NODE_KINDS, textOf } from './packedNode.ts'
import { hashPlace } from './placeHash.ts'
import { bytesOf, packSections } from './sections.ts'

/** The files of `layerCount` layers in the form that `readPackedTree` reads. */
export function packTree(root: FolderNode, layerCount: number): Uint8Array {
  const nodes = listNodes(root)
  const count = nodes.length
  const words = { parents: new Uint32Array(count), firsts: new Uint32Array(count), counts: new Uint32Array(count) }
  const kinds = new Uint8Array(count)
  const [modes, layers] = [new Uint16Array(count), new Uint16Array(count)]
  const texts = new Map<string, number>()
  for (const [id, { node, parent, first, childCount }] of nodes.entries()) {
    words.parents[id] = parent
    kinds[id] = NODE_KINDS.indexOf(kindOf(node))
    words.firsts[id] = node.kind === 'folder' ? first : numberOf(textOf(node), texts)
    words.counts[id] = childCount
    if (node.kind !== 'file') continue
    const { mode, hasCapabilities } = node.entry
    modes[id] = (mode & 0o7777) | (hasCapabilities ? CAPABILITIES : 0) | (isJudged(node) ? JUDGED : 0)
    layers[id] = node.layer
  }
  const linked = linkedNames(nodes)
  for (const [, ...further] of linked) for (const id of further) modes[id] = (modes[id] ?? 0) | FURTHER_NAME
  const [names, written] = [packStrings(nodes.map(({ name }) => name)), packStrings([...texts.keys()])]
  const { hashes, ids } = libraryNames(nodes)
  const header = Buffer.from(JSON.stringify({ layerCount, linked }))
  const tables = [words.parents, words.firsts, words.counts, names.starts, written.starts, hashes, ids, modes, layers].map(bytesOf)
  return packSections([header, ...tables, kinds, names.bytes, written.bytes])
}

interface ListedNode {
  readonly name: string
  readonly node: TreeNode
  readonly parent: number
  /** Of a folder: its children's ids, side by side. */
  first: number
  readonly childCount: number
}

/** Breadth first, siblings in the order of their names: so a name is found by bisection. */
function listNodes(root: FolderNode): readonly ListedNode[] {
  const nodes: ListedNode[] = []
  const add = (name: string, node: TreeNode, parent: number): void => {
    const children = node.kind === 'folder' ? [...node.children].sort(([a], [b]) => (a < b ? -1 : 1)) : []
    nodes.push({ name, node, parent, first: 0, childCount: children.length })
    opened.push(children)
  }
  const opened: (readonly (readonly [name: string, node: TreeNode])[])[] = []
  add('', root, 0)
  for (let id = 0; id < nodes.length; id += 1) {
    const [one, children = []] = [nodes[id], opened[id]]
    if (one !== undefined) one.first = nodes.length
    for (const [name, node] of children) add(name, node, id)
    opened[id] = [] // held no longer than needed
  }
  return nodes
}

/** Judged files of several names: the ids of each, in the order of their paths. */
function linkedNames(nodes: readonly ListedNode[]): readonly (readonly number[])[] {
  const byEntry = new Map<FileNode['entry'], number[]>()
  for (const [id, { node }] of nodes.entries()) {
    if (node.kind !== 'file' || !isJudged(node)) continue
    const before = byEntry.get(node.entry)
    if (before === undefined) byEntry.set(node.entry, [id])
    else before.push(id)
  }
  const pathOf = (id: number): string => {
    let path = ''
    for (let at = id; at !== 0; at = nodes[at]?.parent ?? 0) path = `/${nodes[at]?.name ?? ''}${path}`
    return path
  }
  return [...byEntry.values()].filter(({ length }) => length > 1).map((ids) => ids.map((id) => ({ id, path: pathOf(id) })).sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ id }) => id))
}

/** ELF files by the hashes of what they may be asked for by. */
function libraryNames(nodes: readonly ListedNode[]): { readonly hashes: Uint32Array; readonly ids: Uint32Array } {
  const pairs: { readonly hash: number; readonly id: number }[] = []
  for (const [id, { name, node }] of nodes.entries()) {
    if (node.kind !== 'file' || node.entry.content.kind !== 'elf') continue
    for (const one of namesOf({ path: name, elf: node.entry.content.elf })) pairs.push({ hash: hashPlace(one), id })
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
