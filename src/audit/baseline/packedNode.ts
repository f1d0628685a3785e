import type { FileContent } from '../facts/layerFacts.ts'
import type { TreeNode } from '../tree/treeNode.ts'

/** What a node of a packed tree is, by its code; of files what their content is. Part of the form in which baselines are kept. */
export const NODE_KINDS = ['folder', 'symlink', 'special', 'elf', 'script', 'search-paths', 'foreign', 'empty', 'other'] as const
export type NodeKind = (typeof NODE_KINDS)[number]

export function kindOf(node: TreeNode): NodeKind {
  return node.kind === 'file' ? node.entry.content.kind : node.kind
}

/** Beside the twelve bits of a mode. */
export const CAPABILITIES = 0x1000
/** A name of a judged file that goes by another. */
export const FURTHER_NAME = 0x2000
/** For files that `isJudged` is true of. */
export const JUDGED = 0x4000

/** What is kept of a node beside its kind, as text; undefined where there is nothing. Content is read back by `contentOf`. */
export function textOf(node: TreeNode): string | undefined {
  if (node.kind === 'symlink') return node.target
  if (node.kind !== 'file') return undefined
  const { content } = node.entry
  switch (content.kind) {
    case 'elf':
      return JSON.stringify(content.elf)
    case 'script':
      return content.line
    case 'search-paths':
      return content.text
    case 'foreign':
      return content.system
    case 'empty':
    case 'other':
      return undefined
  }
}

export type FileKind = FileContent['kind']

export function isFileKind(kind: NodeKind): kind is FileKind {
  return kind !== 'folder' && kind !== 'symlink' && kind !== 'special'
}
