import type { ByteString } from '../../kit/byteString.ts'
import type { FileEntry } from '../facts/layerFacts.ts'

/** What is at a name of an image. */
export type TreeNode = FolderNode | FileNode | SymlinkNode | { readonly kind: 'special' }

export interface FileNode {
  readonly kind: 'file'
  /** The same object under each name of a file with hard links. */
  readonly entry: FileEntry
  /** Which layer brought it, from 0. */
  readonly layer: number
}

interface SymlinkNode {
  readonly kind: 'symlink'
  readonly target: ByteString
}

/** Changed while layers are applied. */
export interface FolderNode {
  readonly kind: 'folder'
  readonly children: Map<string, TreeNode>
}
