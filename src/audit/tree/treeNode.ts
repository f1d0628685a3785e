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

export interface FolderNode<Content = FileContent> {
  readonly kind: 'folder'
  readonly children: FolderChildren<Content>
}

/** Changed while layers are applied. A `Map` is one; the folders of a baseline read theirs when they are asked for them. */
export interface FolderChildren<Content = FileContent> extends Iterable<readonly [name: string, node: TreeNode<Content>]> {
  keys(): Iterable<string>
  get(name: string): TreeNode<Content> | undefined
  set(name: string, node: TreeNode<Content>): unknown
  delete(name: string): unknown
  clear(): void
}
