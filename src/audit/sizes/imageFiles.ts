import type { ByteString } from '../../kit/byteString.ts'
import type { LayerEntry, LayerFiles, SizedFile } from './layerFiles.ts'

/** What a container of the image sees, and what it was sent for nothing. */
export interface ImageFiles {
  /** Each once, however many hard links it has. */
  readonly files: readonly ImageFile[]
  readonly wasted: readonly WastedFile[]
}

export interface ImageFile extends SizedFile {
  /** Which layer brought it, from 0. */
  readonly layer: number
}

/** A file that a later layer hides: its bytes are sent and stored all the same. */
export interface WastedFile {
  readonly path: ByteString
  readonly sizeBytes: number
  readonly layer: number
  readonly byLayer: number
  readonly how: WasteKind
}

/** `touched`: replaced by one of equal content, as `RUN chmod` does. */
export type WasteKind = 'deleted' | 'replaced' | 'touched'

type Node = Folder | PlacedFile | { readonly kind: 'other' }

/** Changed while layers are applied. */
interface Folder {
  readonly kind: 'folder'
  readonly children: Map<string, Node>
}

interface PlacedFile extends ImageFile {
  /** Its hard links, itself included. */
  names: number
}

interface Applying {
  readonly root: Folder
  readonly wasted: WastedFile[]
  readonly layer: number
}

/** Layers over each other, lowest first: OCI image-spec, layer.md, "Applying Changesets". */
export function foldLayers(layers: readonly LayerFiles[]): ImageFiles {
  const root: Folder = { kind: 'folder', children: new Map() }
  const wasted: WastedFile[] = []
  for (const [layer, { entries }] of layers.entries()) {
    const applying: Applying = { root, wasted, layer }
    // removals mean what lower layers have, wherever they stand in this one
    for (const entry of entries) if (entry.kind === 'removal' || entry.kind === 'opaque') remove(entry, applying)
    for (const entry of entries) if (entry.kind !== 'removal' && entry.kind !== 'opaque') put(entry, applying)
  }
  return { files: [...filesIn(root)], wasted }
}

function remove({ kind, path }: LayerEntry, applying: Applying): void {
  const { folder, name } = placeOf(applying.root, path) ?? {}
  const node = path === '' ? applying.root : folder?.children.get(name ?? '')
  if (node === undefined) return
  if (kind === 'removal') {
    lose(node, 'deleted', applying)
    folder?.children.delete(name ?? '')
  } else if (node.kind === 'folder') {
    for (const child of node.children.values()) lose(child, 'deleted', applying)
    node.children.clear()
  }
}

type PutEntry = Exclude<LayerEntry, { readonly kind: 'removal' | 'opaque' }>

function put(entry: PutEntry, applying: Applying): void {
  if (entry.path === '') return
  const { folder, name } = makePlace(applying, entry.path)
  const before = folder.children.get(name)
  if (entry.kind === 'folder' && before?.kind === 'folder') return
  const node = nodeOf(entry, applying)
  if (node === undefined) return
  if (node === before) {
    if (node.kind === 'file') node.names -= 1 // a link to itself is no further name
    return
  }
  if (before !== undefined) lose(before, howReplaced(before, node), applying)
  folder.children.set(name, node)
}

function howReplaced(before: Node, after: Node): WasteKind {
  return before.kind === 'file' && after.kind === 'file' && before.content === after.content && before.sizeBytes === after.sizeBytes ? 'touched' : 'replaced'
}

/** Undefined for a hard link that leads to no file. */
function nodeOf(entry: PutEntry, { root, layer }: Applying): Node | undefined {
  switch (entry.kind) {
    case 'file':
      return { ...entry, layer, names: 1 }
    case 'folder':
      return { kind: 'folder', children: new Map() }
    case 'other':
      return { kind: 'other' }
    case 'hardlink': {
      const { folder, name } = placeOf(root, entry.target) ?? {}
      const target = folder?.children.get(name ?? '')
      if (target?.kind !== 'file') return undefined
      target.names += 1
      return target
    }
  }
}

function lose(node: Node, how: WasteKind, applying: Applying): void {
  for (const placed of placedIn(node)) {
    placed.names -= 1
    const { path, sizeBytes, layer } = placed
    if (placed.names === 0 && sizeBytes > 0) applying.wasted.push({ path, sizeBytes, layer, byLayer: applying.layer, how })
  }
}

interface Place {
  readonly folder: Folder
  readonly name: string
}

function placeOf(root: Folder, path: string): Place | undefined {
  const names = path.split('/')
  const name = names.pop() ?? ''
  let folder = root
  for (const one of names) {
    const next = folder.children.get(one)
    if (next?.kind !== 'folder') return undefined
    folder = next
  }
  return { folder, name }
}

/** Folders on the way that are absent are made; what is none gives way. */
function makePlace(applying: Applying, path: string): Place {
  const names = path.split('/')
  const name = names.pop() ?? ''
  let folder = applying.root
  for (const one of names) {
    const next = folder.children.get(one)
    if (next?.kind === 'folder') folder = next
    else {
      if (next !== undefined) lose(next, 'replaced', applying)
      const made: Folder = { kind: 'folder', children: new Map() }
      folder.children.set(one, made)
      folder = made
    }
  }
  return { folder, name }
}

/** Every name of every file under `node`, without recursion: an archive may nest folders as deep as it likes. */
function* placedIn(node: Node): Generator<PlacedFile> {
  const open: Node[] = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === 'file') yield next
    else if (next.kind === 'folder') for (const child of next.children.values()) open.push(child)
  }
}

function* filesIn(root: Folder): Generator<ImageFile> {
  const seen = new Set<PlacedFile>()
  for (const placed of placedIn(root)) {
    if (placed.names > 1) {
      if (seen.has(placed)) continue
      seen.add(placed)
    }
    yield placed
  }
}
