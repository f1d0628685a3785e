import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { openRoot, resolveIn, type OpenFolder } from '../archive/safePath.ts'
import { digestOf, parseDigest, type Digest } from '../ground/digest.ts'
import { BuildError } from '../ground/errors.ts'
import { formatCanonicalJson } from '../ground/canonicalJson.ts'
import { fromText, textOfBytes, type ByteString } from '../kit/byteString.ts'
import type { Database } from '../kit/database.ts'
import { joinPath, splitLast, sortedNames, splitPath } from './internal/bytePath.ts'
import { createHashCache, NO_CACHE, prepareHashCache, type HashCache } from './internal/hashing/hashCache.ts'
import { findLayerFile, isCode, readLayerFile, type LayerFile } from './internal/layerFile.ts'
import { createSelectionFilter, expandWildcards, type SelectionFilter } from './internal/hashing/selection.ts'
import { digestEntry } from './internal/hashing/entryDigest.ts'
import { readContent } from './internal/readContent.ts'
import type { SnapshotId, SnapshotStore } from './snapshotStore.ts'

/** What of a snapshot is read. */
export interface ContentSelection {
  /** Absolute, or relative to the root; '' and `/` are all of it. */
  readonly path: string
  /** Whether `path` is a pattern (Go's filepath.Match, by component), of which any number of matches, none too, is taken. */
  readonly wildcard: boolean
  /** Whether the last component is followed where it is a link; those before it always are, inside the root. */
  readonly followSymlinks: boolean
  /** As in an ignore file, relative to the folder that `path` names; none: all. A folder counts where something in it does. */
  readonly includePatterns: readonly string[]
  readonly excludePatterns: readonly string[]
}

/**
 * Digests of what is in a present snapshot, after BuildKit's `cache/contenthash`: of a file its type, mode, owner, size,
 * link target, device numbers, attributes and content; of a folder the same and the names and digests in it. Neither
 * times nor the selected path's own name count. What was read once is kept as long as the snapshot is.
 */
export interface ContentHasher {
  /** Undefined is the empty file system. @throws ContentNotFoundError; SnapshotNotFoundError */
  digest(snapshot: SnapshotId | undefined, selection: ContentSelection, signal: AbortSignal): Promise<Digest>
  /** Content digests of regular files (relative paths, no links on the way), where whoever made the snapshot has read them anyway. */
  seed(snapshot: SnapshotId, files: Iterable<readonly [path: ByteString, content: Digest]>): void
  /**
   * For a snapshot that has just been made on top of `base`, and differs from it in `changed` only: what was read of
   * `base` counts for it. Of each file, folder and link that is new, changed or gone the path, with its content where
   * it is a file that has been read.
   */
  seedChanges(snapshot: SnapshotId, base: SnapshotId, changed: Iterable<readonly [path: ByteString, content: Digest | undefined]>): void
}

/** `database` is that of the store. */
export function createContentHasher(snapshots: SnapshotStore, database: Database): ContentHasher {
  prepareHashCache(database)
  return {
    async digest(id, selection, signal) {
      const cache = id === undefined ? NO_CACHE : createHashCache(database, id)
      const filter = createSelectionFilter(selection)
      const known = filter === undefined && !selection.wildcard ? cache.unlinked(cleanPath(selection.path)) : undefined
      if (known !== undefined) return known
      await using view = await snapshots.openView(id, signal)
      using root = openRoot(view.path)
      const reading: Reading = { root, folder: fromText(view.path), cache, filter, signal }
      const digest = selection.wildcard ? await digestMatches(selection, reading) : await digestPath(fromText(selection.path), selection, reading)
      cache.save()
      return digest
    },
    seed(id, files) {
      const cache = createHashCache(database, id)
      for (const [path, content] of files) cache.seed(path, content)
      cache.save()
    },
    seedChanges(id, base, changed) {
      const contents = new Map(changed)
      const cache = createHashCache(database, id)
      database.transaction(() => {
        cache.inherit(base)
        for (const path of foldersAround(contents.keys())) cache.seed(path, undefined)
        for (const [path, content] of contents) cache.seed(path, content)
        cache.save()
      })
    },
  }
}

interface Reading {
  readonly root: OpenFolder
  readonly folder: ByteString
  readonly cache: HashCache
  readonly filter: SelectionFilter | undefined
  readonly signal: AbortSignal
}

async function digestMatches(selection: ContentSelection, reading: Reading): Promise<Digest> {
  const matches: [path: string, digest: string][] = []
  for (const path of expandWildcards(reading.root, reading.folder, fromText(selection.path))) {
    matches.push([path, await digestPath(path, selection, reading)])
  }
  return digestOf(formatCanonicalJson(matches))
}

async function digestPath(path: ByteString, { followSymlinks }: ContentSelection, reading: Reading): Promise<Digest> {
  const real = locateContent(path, followSymlinks, reading.root)
  if (findLayerFile(joinPath(reading.folder, real)) === undefined) throw new ContentNotFoundError(path)
  // Where nothing of a folder is selected, what remains is an empty one
  return (await digestTree(real, real, reading)) ?? digestEntry({ ...readLayerFile(joinPath(reading.folder, real)), content: undefined, children: [] })
}

/** The path without links, relative to the root. @throws ContentNotFoundError */
export function locateContent(path: ByteString, followSymlinks: boolean, root: OpenFolder): ByteString {
  const clean = fromNames(splitPath(path))
  try {
    if (followSymlinks || clean === '') return resolveIn(root, clean)
    const [parent, name] = splitLast(clean)
    return name === '..' ? resolveIn(root, clean) : joinPath(resolveIn(root, parent), name)
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw new ContentNotFoundError(path)
    throw error
  }
}

/** Undefined where the filter takes nothing of it. `top` is what its patterns are relative to. */
async function digestTree(path: ByteString, top: ByteString, reading: Reading): Promise<Digest | undefined> {
  const { cache, filter, folder } = reading
  const known = cache.get(path)
  const isReusable = known?.digest !== undefined && (filter === undefined || !known.isFolder)
  if (isReusable) return takes(path, top, filter) ? known.digest : undefined
  const file = readLayerFile(joinPath(folder, path))
  if (file.shape.kind === 'folder') return digestFolder({ path, top, file }, reading)
  if (file.shape.kind === 'socket' || !takes(path, top, filter)) return undefined
  return digestFile(path, { file, seeded: known?.content }, reading)
}

async function digestFile(path: ByteString, { file, seeded }: { readonly file: LayerFile; readonly seeded: Digest | undefined }, { cache, folder, signal }: Reading): Promise<Digest> {
  const content = file.shape.kind === 'file' ? (seeded ?? (await digestContent(joinPath(folder, path), signal))) : undefined
  const digest = digestEntry({ ...file, content, children: undefined })
  cache.put(path, { digest, content, isFolder: false })
  return digest
}

interface FolderVisit {
  readonly path: ByteString
  readonly top: ByteString
  readonly file: LayerFile
}

async function digestFolder({ path, top, file }: FolderVisit, reading: Reading): Promise<Digest | undefined> {
  const { cache, filter, folder, signal } = reading
  if (path !== top && filter?.skips(relativeTo(top, path)) === true) return undefined
  await nextTurn()
  signal.throwIfAborted()
  const children: [name: ByteString, digest: Digest][] = []
  for (const name of sortedNames(joinPath(folder, path))) {
    const digest = await digestTree(joinPath(path, name), top, reading)
    if (digest !== undefined) children.push([name, digest])
  }
  if (children.length === 0 && !takes(path, top, filter)) return undefined
  const digest = digestEntry({ ...file, content: undefined, children })
  if (filter === undefined) cache.put(path, { digest, content: undefined, isFolder: true })
  return digest
}

function takes(path: ByteString, top: ByteString, filter: SelectionFilter | undefined): boolean {
  return filter === undefined || path === top || filter.includes(relativeTo(top, path))
}

function relativeTo(top: ByteString, path: ByteString): string {
  return textOfBytes(top === '' ? path : (path.slice(top.length + 1) as ByteString))
}

async function digestContent(path: ByteString, signal: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256')
  for await (const chunk of readContent(path, signal)) hash.update(chunk)
  return parseDigest(`sha256:${hash.digest('hex')}`)
}

/** All folders that a path of `paths` is in, the root too. */
function foldersAround(paths: Iterable<ByteString>): ReadonlySet<ByteString> {
  const folders = new Set<ByteString>()
  for (const path of paths) {
    let [folder] = splitLast(path)
    while (!folders.has(folder)) {
      folders.add(folder)
      folder = splitLast(folder)[0]
    }
  }
  return folders
}

function cleanPath(path: string): ByteString {
  return fromNames(splitPath(fromText(path)))
}

function fromNames(names: readonly ByteString[]): ByteString {
  return names.reduce(joinPath, '' as ByteString)
}

/** The selected path is not in the snapshot. */
export class ContentNotFoundError extends BuildError {
  readonly kind = 'not-found'
  constructor(path: ByteString) {
    super(`${JSON.stringify(textOfBytes(path))}: not found`, { hint: 'check the path, and what the ignore file leaves out' })
  }
}
