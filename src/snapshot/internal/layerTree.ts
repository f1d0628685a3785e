import { lstatSync, mkdirSync, readlinkSync, unlinkSync, type Stats } from 'node:fs'
import { asByteString, bytesOf, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { LayerInvalidError } from '../snapshotStore.ts'
import { isDotDot, joinPath, ROOT, sortedNames, splitLast, splitPath } from './bytePath.ts'
import { applyMetadata, findLayerFile, isCode, isOpaque, makeOpaque, makeWhiteout, NEW_FOLDER, readLayerFile, type FileMetadata, type LayerFile } from './layerFile.ts'

/**
 * A layer that is being made over the tree of those below: names are looked up in both, as overlayfs will merge them.
 * Nobody else may touch either tree meanwhile, so each component is looked at and then used without a race.
 */
export interface LayerTree {
  /** Where `path` stands, its parents' symbolic links followed, its own not; parents that the layer lacks are made. @throws LayerInvalidError */
  locate(path: ByteString): LayerSite
  makeFolder(site: LayerSite): void
  /** In effect once the layer is finished. */
  setFolderMetadata(site: LayerSite, metadata: FileMetadata): void
  setRoot(metadata: FileMetadata): void
  /** Takes from the folder `path` what the layers below have in it. @throws LayerInvalidError where it is no folder */
  hideLower(path: ByteString): void
  /** What is below a site; there must be something. */
  readLower(site: LayerSite): LayerFile
  /** To be called when a folder of the layer was removed. */
  forget(site: LayerSite): void
  /** Gives folders their times, which whatever came into them has changed. */
  finish(): void
}

export interface LayerSite {
  /** In the layer. */
  readonly path: ByteString
  /** In the tree below; there may be nothing. */
  readonly lowerPath: ByteString
  /** What the layer has there. `file` is anything but a folder. */
  readonly upper: 'absent' | 'whiteout' | 'file' | 'folder'
  /** What is below and not hidden by the layer's folders above it. */
  readonly lower: 'absent' | 'file' | 'folder'
}

interface Folder {
  /** From the root, without symbolic links. */
  readonly path: ByteString
  /** Whether the layers below have this folder too, and what they have in it is seen. */
  readonly isMerged: boolean
}

/** As many symbolic links as Linux follows in one path. */
const MAX_LINKS = 40

export interface LayerRoots {
  readonly folder: ByteString
  /** All layers below as one tree; undefined where there are none. */
  readonly lower: ByteString | undefined
}

export function createLayerTree(roots: LayerRoots): LayerTree {
  const metadata = new Map<ByteString, FileMetadata>()
  metadata.set(roots.folder, roots.lower === undefined ? NEW_FOLDER : readLayerFile(roots.lower))
  /** By path as written in the archive: most entries share their folder with the one before. */
  const resolved = new Map<ByteString, Folder>()

  const folderAt = (path: ByteString): Folder => {
    const known = resolved.get(path)
    if (known !== undefined) return known
    const found = resolveFolder(splitPath(path), { roots, metadata })
    resolved.set(path, found)
    return found
  }

  return {
    locate(path) {
      const [parent, name] = splitLast(path)
      return siteIn(folderAt(parent), name, roots)
    },
    makeFolder: (site) => void mkdirSync(bytesOf(site.path), { mode: 0o755 }),
    setFolderMetadata: (site, value) => void metadata.set(site.path, value),
    setRoot: (value) => void metadata.set(roots.folder, value),
    hideLower(path) {
      const { path: real, isMerged } = folderAt(path)
      if (!isMerged) return
      if (real === '') hideRoot(roots)
      else makeOpaque(joinPath(roots.folder, real))
      resolved.clear()
    },
    readLower: (site) => readLayerFile(site.lowerPath),
    forget: () => void resolved.clear(),
    finish() {
      for (const [path, value] of metadata) applyIfThere(path, value)
    },
  }
}

/** overlayfs merges the root whatever it is marked with: what is in it is taken away by name. */
function hideRoot(roots: LayerRoots): void {
  for (const name of sortedNames(roots.lower ?? roots.folder)) {
    const site = siteIn({ path: ROOT, isMerged: true }, name, roots)
    if (site.upper === 'absent') makeWhiteout(site.path)
    else if (site.upper === 'folder' && site.lower === 'folder') makeOpaque(site.path)
  }
}

interface Resolving {
  readonly roots: LayerRoots
  /** What folders that are made on the way are to get. */
  readonly metadata: Map<ByteString, FileMetadata>
}

/** Walks `names` from the root, as the kernel would with that root. @throws LayerInvalidError */
function resolveFolder(names: readonly ByteString[], resolving: Resolving): Folder {
  const root = { path: ROOT, isMerged: resolving.roots.lower !== undefined }
  const trail: Folder[] = []
  const rest = names.toReversed()
  let links = 0
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    if (isDotDot(name)) {
      trail.pop() // above the root is the root
      continue
    }
    const next = enter(siteIn(trail.at(-1) ?? root, name, resolving.roots), resolving)
    if (next.kind === 'folder') {
      trail.push(next)
      continue
    }
    if (++links > MAX_LINKS) throw new LayerInvalidError(`symbolic links without end on the way to ${quote(asByteString(names.join('/')))}`)
    if (next.target.startsWith('/')) trail.length = 0
    rest.push(...splitPath(next.target).toReversed())
  }
  return trail.at(-1) ?? root
}

function siteIn(folder: Folder, name: ByteString, roots: LayerRoots): LayerSite {
  const relative = joinPath(folder.path, name)
  const [path, lowerPath] = [joinPath(roots.folder, relative), joinPath(roots.lower ?? roots.folder, relative)]
  const shape = findLayerFile(path)?.shape.kind ?? 'absent'
  const upper = shape === 'absent' || shape === 'whiteout' || shape === 'folder' ? shape : 'file'
  const lower = folder.isMerged ? typeOf(lstatSync(bytesOf(lowerPath), { throwIfNoEntry: false })) : 'absent'
  return { path, lowerPath, upper, lower }
}

/** The folder at a site, made where there is none; or where the symbolic link at it leads. */
function enter(site: LayerSite, { roots, metadata }: Resolving): ({ readonly kind: 'folder' } & Folder) | { readonly kind: 'link'; readonly target: ByteString } {
  const path = asByteString(site.path.slice(roots.folder.length + 1))
  if (site.upper === 'folder') return { kind: 'folder', path, isMerged: site.lower === 'folder' && !isOpaque(site.path) }
  if (site.upper === 'file') return { kind: 'link', target: readLink(site.path) }
  if (site.upper === 'absent' && site.lower === 'file') return { kind: 'link', target: readLink(site.lowerPath) }
  const isMerged = site.upper === 'absent' && site.lower === 'folder'
  makeParent(site)
  metadata.set(site.path, isMerged ? readLayerFile(site.lowerPath) : NEW_FOLDER)
  return { kind: 'folder', path, isMerged }
}

function makeParent(site: LayerSite): void {
  if (site.upper === 'whiteout') unlinkSync(bytesOf(site.path))
  mkdirSync(bytesOf(site.path), { mode: 0o755 })
  if (site.upper === 'whiteout' && site.lower === 'folder') makeOpaque(site.path)
}

function typeOf(stat: Stats | undefined): LayerSite['lower'] {
  if (stat === undefined) return 'absent'
  return stat.isDirectory() ? 'folder' : 'file'
}

/** @throws LayerInvalidError */
function readLink(path: ByteString): ByteString {
  try {
    return asByteString(readlinkSync(bytesOf(path), { encoding: 'latin1' }))
  } catch (error) {
    if (!isCode(error, 'EINVAL')) throw error
    throw new LayerInvalidError(`layer has an entry under ${quote(path)}, which is a file`, { cause: error })
  }
}

/** A folder may have been replaced by a later entry. */
function applyIfThere(path: ByteString, metadata: FileMetadata): void {
  if (lstatSync(bytesOf(path), { throwIfNoEntry: false })?.isDirectory() === true) applyMetadata(path, metadata, 'folder')
}

function quote(path: ByteString): string {
  return JSON.stringify(textOfBytes(path))
}
