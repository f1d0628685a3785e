import { asByteString, type ByteString } from '../../kit/byteString.ts'
import type { FileContent } from '../facts/layerFacts.ts'
import type { FolderNode, TreeNode } from './treeNode.ts'

/** As Linux has it. */
const MAX_LINKS = 40
/** Names in a path, links followed: a chain of links to long paths ends here. */
const MAX_NAMES = 20_000

export interface Walked<Content = FileContent> {
  /** Without links, with a slash in front. */
  readonly path: ByteString
  readonly node: TreeNode<Content>
}

/** Told of each place, without links and with a slash in front, whose state a walk depended on: there or not, and what. */
export type VisitPlace = (place: string) => void

/**
 * What is at `path`, as a process sees it whose root is `root`: absolute links start there, `..` stops there.
 * `last-link`: a link in the last component is not followed. Undefined where there is nothing, or links go round in circles.
 */
export function walkPath<Content>(root: FolderNode<Content>, path: string, mode: 'follow' | 'last-link', visit?: VisitPlace): Walked<Content> | undefined {
  const walk = new PathWalk(root, path)
  for (let name = walk.next(); name !== undefined; name = walk.next()) {
    visit?.(walk.pathOf(name))
    const child = walk.folder.children.get(name)
    if (child === undefined) return undefined
    if (child.kind === 'folder') walk.enter(name, child)
    else if (child.kind !== 'symlink' || (mode === 'last-link' && walk.isAtEnd)) return walk.isAtEnd ? { path: walk.pathOf(name), node: child } : undefined
    else if (!walk.follow(child.target)) return undefined
  }
  return walk.isEndless ? undefined : walk.here()
}

/**
 * The folder at `path`, links followed as above. What is absent on the way is made, where a link leads to as well, and
 * takes the place of a file, as where a layer is unpacked. Undefined where links go round in circles.
 */
export function ensureFolder<Content>(root: FolderNode<Content>, path: string): FolderNode<Content> | undefined {
  const walk = new PathWalk(root, path)
  for (let name = walk.next(); name !== undefined; name = walk.next()) {
    const child = walk.folder.children.get(name)
    if (child?.kind === 'symlink') {
      if (!walk.follow(child.target)) return undefined
      continue
    }
    const folder: FolderNode<Content> = child?.kind === 'folder' ? child : { kind: 'folder', children: new Map() }
    if (folder !== child) walk.folder.children.set(name, folder)
    walk.enter(name, folder)
  }
  return walk.isEndless ? undefined : walk.folder
}

/** Where a walk has come to, and the names that are still before it. */
class PathWalk<Content> {
  readonly #root: FolderNode<Content>
  readonly #pending: string[]
  readonly #stack: { readonly path: string; readonly folder: FolderNode<Content> }[] = []
  #links = 0
  #names = 0

  constructor(root: FolderNode<Content>, path: string) {
    this.#root = root
    this.#pending = path.split('/').reverse()
  }

  get folder(): FolderNode<Content> {
    return this.#stack.at(-1)?.folder ?? this.#root
  }

  get isAtEnd(): boolean {
    return this.#pending.every((name) => name === '' || name === '.')
  }

  get isEndless(): boolean {
    return this.#names > MAX_NAMES
  }

  /** The next name to look up; `.` and `..` are dealt with. */
  next(): string | undefined {
    for (let name = this.#pending.pop(); name !== undefined; name = this.#pending.pop()) {
      this.#names += 1
      if (this.isEndless) return undefined
      if (name === '..') this.#stack.pop()
      else if (name !== '' && name !== '.') return name
    }
    return undefined
  }

  enter(name: string, folder: FolderNode<Content>): void {
    this.#stack.push({ path: this.pathOf(name), folder })
  }

  /** False where there were too many links. */
  follow(target: string): boolean {
    this.#links += 1
    if (target.startsWith('/')) this.#stack.length = 0
    this.#pending.push(...target.split('/').reverse())
    return this.#links <= MAX_LINKS
  }

  pathOf(name: string): ByteString {
    return asByteString(`${this.#stack.at(-1)?.path ?? ''}/${name}`)
  }

  here(): Walked<Content> {
    return { path: asByteString(this.#stack.at(-1)?.path ?? '/'), node: this.folder }
  }
}
