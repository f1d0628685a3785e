import type { ByteString } from '../../kit/byteString.ts'
import type { JudgedFile } from '../judge/judgedFile.ts'
import type { FileNode, FolderNode, TreeNode } from '../tree/treeNode.ts'
import type { NodeKind } from './packedNode.ts'

/**
 * The files of layers as a few tables of numbers, some thirty bytes a file, of which only what is asked for becomes an
 * object. Nodes go by number; 0 is the root.
 */
export interface PackedTree {
  readonly layerCount: number
  readonly nodeCount: number
  /** As a folder that layers can be put on top of; each time another one. */
  root(): FolderNode
  parentOf(id: number): number
  kindOf(id: number): NodeKind
  /** Of a folder. */
  childrenOf(id: number): Iterable<number>
  childOf(id: number, name: string): number | undefined
  nameOf(id: number): string
  /** With a slash in front. */
  pathOf(id: number): ByteString
  /** What is at `path`, in which no link is followed. */
  idAt(path: string): number | undefined
  nodeAt(id: number): TreeNode
  /** Of a judged file whose `isMainName` is true. */
  fileAt(id: number): JudgedFile
  /** Whether a judged file goes by this one of its names. */
  isMainName(id: number): boolean
  isJudged(id: number): boolean
  /** Judged files of several names: the nodes of each, in the order of their paths. */
  readonly linked: readonly (readonly number[])[]
  /** ELF files that may be asked for by `name`: these, and perhaps a few more. */
  namedLike(name: string): Iterable<number>
}

/** A file of a packed tree. */
export interface PackedFileNode extends FileNode {
  readonly id: number
}

export function isPacked(node: FileNode): node is PackedFileNode {
  return 'id' in node
}
