import type { ByteString } from '../../kit/byteString.ts'
import type { FileContent, FileEntry } from '../facts/layerFacts.ts'

/** What is at a name of an image. */
export type TreeNode<Content = FileContent> = FolderNode<Content> | FileNode<Content> | SymlinkNode | { readonly kind: 'special' }

export interface FileNode<Content = FileContent> {
  readonly kind: 'file'
  /** The same object under each name of a file with hard links. */
  readonly entry: FileEntry<Content>
  /** Which layer brought it, from 0. */
  readonly layer: number
}

interface SymlinkNode {
  readonly kind: 'symlink'
  readonly target: ByteString
}

/** Changed while layers are applied. */
export interface FolderNode<Content = FileContent> {
  readonly kind: 'folder'
  readonly children: Map<string, TreeNode<Content>>
}
