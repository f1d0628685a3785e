import { asByteString, type ByteString } from '../../kit/byteString.ts'
import type { FileContent, LayerEntry, LayerFacts } from '../facts/layerFacts.ts'
import { ensureFolder, walkPath, type VisitPlace } from './pathWalk.ts'
import type { FileNode, FolderNode, TreeNode } from './treeNode.ts'

export interface Found<Content = FileContent> {
  /** Without links, with a slash in front. */
  readonly path: ByteString
  readonly node: TreeNode<Content>
}

export interface FoundFile<Content = FileContent> {
  readonly path: ByteString
  readonly node: FileNode<Content>
}

/** The files of an image, of which only facts are known: layers applied over each other as OCI image-spec, layer.md, "Applying Changesets" has it. */
export interface ImageTree<Content = FileContent> {
  /** Whether all layers were known. Where not, what is not found may be there all the same. */
  readonly isComplete: boolean
  /** What is at `path`, links followed inside the root; relative paths start at the root. `visit` is told of each place that was looked at on the way. */
  find(path: string, visit?: VisitPlace): Found<Content> | undefined
  /** The names in the folder at `path`, links followed, in no order; none where it is none. */
  names(path: string): Iterable<string>
  /** Every file, each name once, in no order. */
  files(): Iterable<FoundFile<Content>>
}

/** Of layers, lowest first; undefined is one of which nothing is known. */
export function buildImageTree<Content = FileContent>(layers: readonly (LayerFacts<Content> | undefined)[]): ImageTree<Content> {
  return createImageTree(buildRoot(layers), !layers.includes(undefined))
}

/** The root folder of layers, lowest first. */
export function buildRoot<Content = FileContent>(layers: readonly (LayerFacts<Content> | undefined)[]): FolderNode<Content> {
  const root: FolderNode<Content> = { kind: 'folder', children: new Map() }
  for (const [index, layer] of layers.entries()) if (layer !== undefined) applyLayer(root, layer, index)
  return root
}

export function createImageTree<Content = FileContent>(root: FolderNode<Content>, isComplete: boolean): ImageTree<Content> {
  return {
    isComplete,
    find: (path, visit) => walkPath(root, path, 'follow', visit),
    names(path) {
      const node = walkPath(root, path, 'follow')?.node
      return node?.kind === 'folder' ? node.children.keys() : []
    },
    files: () => filesOf(root),
  }
}

/** Puts the layer with the number `layer` on top of what is in `root`. Removals mean what lower layers have, so they come first, wherever they stand in the layer. */
export function applyLayer<Content>(root: FolderNode<Content>, { entries }: LayerFacts<Content>, layer: number): void {
  const removals = entries.filter((entry) => entry.kind === 'removal' || entry.kind === 'opaque')
  const folders = new Set(removals.length === 0 ? [] : entries.flatMap(({ kind, path }) => (kind === 'folder' ? [path] : [])))
  for (const { kind, path } of removals) {
    if (isBehindReplacedLink(root, path, folders)) continue
    if (kind === 'removal') removeEntry(root, path)
    else hideFolder(root, path)
  }
  const parents = createParents(root)
  for (const entry of entries) if (entry.kind !== 'removal' && entry.kind !== 'opaque') putEntry(root, entry, { layer, parents })
}

/** Where entries are put: those of one folder mostly stand side by side in a layer, so the last one's folder is tried first. */
interface Parents<Content> {
  /** As `makeParent`. */
  make(path: ByteString): Place<Content> | undefined
  /** To be said where something was replaced, by which paths may lead elsewhere. */
  forget(): void
}

function createParents<Content>(root: FolderNode<Content>): Parents<Content> {
  let last: { readonly path: string; readonly folder: FolderNode<Content> } | undefined
  return {
    make(path) {
      const slash = path.lastIndexOf('/')
      const parent = path.slice(0, Math.max(0, slash))
      const name = path.slice(slash + 1)
      if (last?.path === parent && name !== '..') return { folder: last.folder, name }
      const place = makeParent(root, path)
      last = place === undefined ? undefined : { path: parent, folder: place.folder }
      return place
    },
    forget: () => void (last = undefined),
  }
}

/** Whether `path` leads through a link in whose place the layer puts one of its `folders`: what is removed of that is nothing of what the link leads to. */
function isBehindReplacedLink<Content>(root: FolderNode<Content>, path: ByteString, folders: ReadonlySet<string>): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const above = path.slice(0, end)
    if (folders.has(above) && walkPath(root, above, 'last-link')?.node.kind === 'symlink') return true
  }
  return false
}

function removeEntry<Content>(root: FolderNode<Content>, path: ByteString): void {
  const place = parentOf(root, path)
  place?.folder.children.delete(place.name)
}

function hideFolder<Content>(root: FolderNode<Content>, path: ByteString): void {
  const node = walkPath(root, path, 'follow')?.node
  if (node?.kind === 'folder') node.children.clear()
}

type PutEntry<Content> = Exclude<LayerEntry<Content>, { readonly kind: 'removal' | 'opaque' }>

function putEntry<Content>(root: FolderNode<Content>, entry: PutEntry<Content>, { layer, parents }: { readonly layer: number; readonly parents: Parents<Content> }): void {
  const place = entry.path === '' ? undefined : parents.make(entry.path)
  const node = place === undefined ? undefined : nodeOf(root, entry, layer)
  if (place === undefined || node === undefined) return
  const { children } = place.folder
  const before = children.get(place.name)
  if (node.kind === 'folder' && before?.kind === 'folder') return
  if (before !== undefined) parents.forget()
  children.set(place.name, node)
}

/** Undefined for a hard link that leads to no file. */
function nodeOf<Content>(root: FolderNode<Content>, entry: PutEntry<Content>, layer: number): TreeNode<Content> | undefined {
  switch (entry.kind) {
    case 'folder':
      return { kind: 'folder', children: new Map() }
    case 'file':
      return { kind: 'file', entry, layer }
    case 'symlink':
      return { kind: 'symlink', target: entry.target }
    case 'special':
      return { kind: 'special' }
    case 'hardlink': {
      const target = walkPath(root, entry.target, 'last-link')?.node
      return target?.kind === 'file' ? { ...target, layer } : target?.kind === 'folder' ? undefined : target
    }
  }
}

interface Place<Content> {
  readonly folder: FolderNode<Content>
  readonly name: string
}

function parentOf<Content>(root: FolderNode<Content>, path: ByteString): Place<Content> | undefined {
  const slash = path.lastIndexOf('/')
  const node = walkPath(root, path.slice(0, Math.max(0, slash)), 'follow')?.node
  return node?.kind === 'folder' ? { folder: node, name: path.slice(slash + 1) } : undefined
}

/** As `ensureFolder` makes what is above. Undefined where the path leaves the root. */
function makeParent<Content>(root: FolderNode<Content>, path: ByteString): Place<Content> | undefined {
  if (path.split('/').includes('..')) return undefined
  const slash = path.lastIndexOf('/')
  const folder = ensureFolder(root, path.slice(0, Math.max(0, slash)))
  return folder === undefined ? undefined : { folder, name: path.slice(slash + 1) }
}

function* filesOf<Content>(root: FolderNode<Content>): Generator<FoundFile<Content>> {
  const open: { readonly path: string; readonly folder: FolderNode<Content> }[] = [{ path: '', folder: root }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [name, node] of next.folder.children) {
      const path = `${next.path}/${name}`
      if (node.kind === 'folder') open.push({ path, folder: node })
      else if (node.kind === 'file') yield { path: asByteString(path), node }
    }
  }
}
