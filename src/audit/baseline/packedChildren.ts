import type { FolderChildren, TreeNode } from '../tree/treeNode.ts'
import type { PackedTree } from './packedTree.ts'

/** What is in a folder of a packed tree: read when it is asked for, under what was changed since. */
export class PackedChildren implements FolderChildren {
  readonly #tree: PackedTree
  readonly #folder: number
  /** As packed. */
  readonly #read = new Map<string, TreeNode>()
  /** What was put here, or taken away. */
  readonly #changed = new Map<string, TreeNode | undefined>()
  #isCleared = false

  constructor(tree: PackedTree, folder: number) {
    this.#tree = tree
    this.#folder = folder
  }

  get(name: string): TreeNode | undefined {
    if (this.#changed.has(name)) return this.#changed.get(name)
    if (this.#isCleared) return undefined
    const known = this.#read.get(name)
    if (known !== undefined) return known
    const id = this.#tree.childOf(this.#folder, name)
    if (id === undefined) return undefined
    const node = this.#tree.nodeAt(id)
    this.#read.set(name, node)
    return node
  }

  set(name: string, node: TreeNode): void {
    this.#changed.set(name, node)
  }

  delete(name: string): void {
    this.#changed.set(name, undefined)
  }

  clear(): void {
    this.#changed.clear()
    this.#isCleared = true
  }

  *keys(): Generator<string> {
    if (!this.#isCleared) for (const name of this.#packedNames()) if (!this.#changed.has(name)) yield name
    for (const [name, node] of this.#changed) if (node !== undefined) yield name
  }

  *[Symbol.iterator](): Generator<readonly [name: string, node: TreeNode]> {
    for (const name of this.keys()) {
      const node = this.get(name)
      if (node !== undefined) yield [name, node]
    }
  }

  /** Each name at which there is not what was packed; `packed` is the node that was, `node` what is there now. */
  *changes(): Generator<{ readonly name: string; readonly packed: number | undefined; readonly node: TreeNode | undefined }> {
    const cleared = this.#isCleared ? [...this.#packedNames()].filter((name) => !this.#changed.has(name)) : []
    for (const name of cleared) yield { name, packed: this.#tree.childOf(this.#folder, name), node: undefined }
    for (const [name, node] of this.#changed) yield { name, packed: this.#tree.childOf(this.#folder, name), node }
  }

  /** Folders that were looked into, and are still there: what is below them may have changed. */
  *openedFolders(): Generator<readonly [name: string, children: PackedChildren]> {
    if (this.#isCleared) return
    for (const [name, node] of this.#read) if (!this.#changed.has(name) && node.kind === 'folder' && node.children instanceof PackedChildren) yield [name, node.children]
  }

  *#packedNames(): Generator<string> {
    for (const id of this.#tree.childrenOf(this.#folder)) yield this.#tree.nameOf(id)
  }
}
