import { asByteString } from '../../kit/byteString.ts'
import type { FoundFile } from '../tree/imageTree.ts'
import type { FolderNode, TreeNode } from '../tree/treeNode.ts'
import { PackedChildren } from './packedChildren.ts'
import { isPacked, type PackedTree } from './packedTree.ts'

/** What layers have changed of the packed tree that they were put on top of. */
export interface TreeChanges {
  /** Where there is another thing than was, with a slash in front: told of a folder, all in it is meant. */
  readonly places: readonly string[]
  /** What was put there, each name once. */
  readonly files: readonly FoundFile[]
  /** Whether anything that was packed is no longer there. */
  readonly hasRemovals: boolean
  /** Whether what was packed at the node is still there. */
  readonly isThere: (id: number) => boolean
  /** Whether the names of a file of the tree, of which something is said, are others now: one of several is gone, or one came. */
  readonly isRelinked: boolean
}

/** `root` is a root of `tree` with layers on top. Looks at no more than these have touched. */
export function readChanges(root: FolderNode, tree: PackedTree): TreeChanges {
  const places: string[] = []
  const gone = new Set<number>()
  const put: { readonly path: string; readonly node: TreeNode | undefined }[] = []
  const open: { readonly path: string; readonly children: PackedChildren }[] = root.children instanceof PackedChildren ? [{ path: '', children: root.children }] : []
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { name, packed, node } of next.children.changes()) {
      const place = `${next.path}/${name}`
      places.push(place)
      if (packed !== undefined) gone.add(packed)
      put.push({ path: place, node })
    }
    for (const [name, children] of next.children.openedFolders()) open.push({ path: `${next.path}/${name}`, children })
  }
  const files = put.flatMap(({ path, node }) => (node === undefined ? [] : [...filesAt(path, node)]))
  const isThere = gone.size === 0 ? () => true : (id: number) => isKept(id, tree, gone)
  const isRelinked = files.some(({ node }) => isPacked(node)) || tree.linked.some((ids) => new Set(ids.map(isThere)).size > 1)
  return { places, files, hasRemovals: gone.size > 0, isThere, isRelinked }
}

function isKept(id: number, tree: PackedTree, gone: ReadonlySet<number>): boolean {
  for (let at = id; at !== 0; at = tree.parentOf(at)) if (gone.has(at)) return false
  return true
}

/** What is under a node that layers have put there. */
function* filesAt(place: string, node: TreeNode): Generator<FoundFile> {
  const open: { readonly path: string; readonly node: TreeNode }[] = [{ path: place, node }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.node.kind === 'file') yield { path: asByteString(next.path), node: next.node }
    else if (next.node.kind === 'folder') for (const [name, child] of next.node.children) open.push({ path: `${next.path}/${name}`, node: child })
  }
}
