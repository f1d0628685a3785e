import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { CopyAction, FileAction, MakeFileAction, MakeFolderAction, MakeSymlinkAction, RemoveAction } from '../../graph/vertex.ts'
import { hasWildcard } from '../../ground/pathMatch.ts'
import { asByteString, bytesOf, fromText, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { isArchive, unpackArchive } from './archiveUnpack.ts'
import { CopyConflictError, SourceNotFoundError } from './fileErrors.ts'
import type { FilePlacer } from './filePlacer.ts'
import { ensureFolder, type NewFolder } from './folders.ts'
import { applyMetadata, findStat, readMetadata, type FileMetadata, type FileOwner } from './metadata.ts'
import type { PathFilter } from './matching/pathFilter.ts'
import { createPathFilter } from './matching/patternFilter.ts'
import { joinName, lastNameOf, parentOf, resolveInRoot } from './rootPath.ts'
import { requirePaths, sourceNotFound } from './sourceHint.ts'
import { clearTarget, copyTree, type LateCopies } from './treeCopy.ts'
import { expandWildcards, folderOfPattern } from './matching/wildcard.ts'

/** Where an action works. */
export interface ActionSite {
  readonly target: ByteString
  /** What a copy reads; undefined is an empty file system, and of all other actions. */
  readonly source: ByteString | undefined
  readonly owner: FileOwner | undefined
  readonly placer: FilePlacer
  /** Undefined where all has to be done at once. */
  readonly late: LateCopies | undefined
  /** Of a copy: the only paths that are taken, in the place of its own patterns. */
  readonly only?: PathFilter
  /** For what the action makes itself. */
  readonly nowNs: bigint
}

export async function runFileAction(action: FileAction, site: ActionSite, signal: AbortSignal): Promise<void> {
  switch (action.kind) {
    case 'copy':
      return copy(action, site, signal)
    case 'mkdir':
      return makeFolder(action, site)
    case 'mkfile':
      return makeFile(action, site)
    case 'symlink':
      return makeSymlink(action, site)
    case 'rm':
      return remove(action, site)
  }
}

async function copy(action: CopyAction, site: ActionSite, signal: AbortSignal): Promise<void> {
  requirePaths(action.requiredPaths, site.source, undefined)
  if (!action.createTargetPath) requireParent(action.target, site.target)
  const sources = site.source === undefined ? [] : findSources(action, site.source)
  const mayBeEmpty = action.allowWildcard && action.allowEmptyWildcard && hasWildcard(action.source)
  if (sources.length === 0 && !mayBeEmpty) throw sourceNotFound(action.source, site.source, undefined)
  if (sources.length === 0) requirePaths([folderOfPattern(action.source)], site.source, undefined)
  // Only the last may be put off: each may write over what the one before has brought
  for (const [at, source] of sources.entries()) await copyOne(action, source, at === sources.length - 1 ? site : { ...site, late: undefined }, signal)
}

/** Absolute in `root`. */
function findSources({ source, allowWildcard, followSymlinks }: CopyAction, root: ByteString): readonly ByteString[] {
  if (allowWildcard) return expandWildcards(root, fromText(source))
  const place = resolveInRoot(root, fromText(source), followSymlinks ? 'follow' : 'keep')
  return findStat(place) === undefined ? [] : [fromText(source)]
}

async function copyOne(action: CopyAction, source: ByteString, site: ActionSite, signal: AbortSignal): Promise<void> {
  const { target: targetRoot, source: sourceRoot, owner, placer, late } = site
  if (sourceRoot === undefined) return
  const target = withFolderSlash(action.target)
  if (action.unpackArchives) {
    const file = resolveInRoot(sourceRoot, source, 'follow')
    if (findStat(file)?.isFile() === true && (await isArchive(file, signal))) {
      const folder = ensureFolder(targetRoot, target, newFolder(action, 0o755, site))
      return unpackArchive(file, { folder, owner, nowNs: site.nowNs }, signal)
    }
  }
  const { mode, timestampNs, followSymlinks, copyFolderContents, replacesTargets } = action
  const filter = site.only ?? createPathFilter(action)
  // As BuildKit: octal digits are for the folders on the way too, under the usual umask; changes are not
  const onTheWay = newFolder(action, mode?.kind === 'absolute' ? mode.bits & 0o755 : 0o755, site)
  await copyTree({ sourceRoot, targetRoot, source, target, change: { owner, mode, timestampNs }, followSymlinks, copyFolderContents, filter, replacesTargets, newFolder: onTheWay }, placer, late, signal)
}

/** LLB's modes of what is made have no set-id and sticky bits. */
const PERMISSIONS = 0o777

function newFolder({ timestampNs }: CopyAction | MakeFolderAction, mode: number, { owner, nowNs }: ActionSite): NewFolder {
  return { mode, owner, mtimeNs: timestampNs ?? nowNs }
}

/** A path that ends in `/.` names a folder, as one that ends in `/` does. */
function withFolderSlash(target: string): ByteString {
  return fromText(target.replace(/\/\.$/, '/'))
}

async function makeFolder(action: MakeFolderAction, site: ActionSite): Promise<void> {
  const name = fromText(action.path)
  const folder = newFolder(action, action.mode & PERMISSIONS, site)
  if (action.makeParents) {
    ensureFolder(site.target, name, folder)
    return
  }
  const parent = requireParent(action.path, site.target)
  const place = joinName(parent, lastNameOf(name))
  if (findStat(place) !== undefined) return // whatever it is
  mkdirSync(bytesOf(place))
  applyMetadata(place, { ...metadataOf(action, site), mode: folder.mode }, 'other')
}

/** A file that is there keeps its mode, and its owner where no other is named. */
async function makeFile(action: MakeFileAction, site: ActionSite): Promise<void> {
  requireParent(action.path, site.target)
  const place = resolveInRoot(site.target, fromText(action.path), 'follow')
  const existing = findStat(place)
  const metadata = existing?.isFile() === true ? { ...readMetadata(place, existing), ...site.owner } : { ...metadataOf(action, site), mode: action.mode & PERMISSIONS }
  clearTarget(place, site.target) // never written into: the file may be a link to another snapshot's
  writeFileSync(bytesOf(place), action.data, { flag: 'wx' })
  applyMetadata(place, { ...metadata, mtimeNs: action.timestampNs ?? site.nowNs }, 'other')
}

async function makeSymlink(action: MakeSymlinkAction, site: ActionSite): Promise<void> {
  const place = joinName(requireParent(action.path, site.target), lastNameOf(fromText(action.path)))
  if (findStat(place) !== undefined) throw new CopyConflictError(`cannot make link ${JSON.stringify(action.path)}: there is a file of that name`, { hint: 'remove it before' })
  symlinkSync(bytesOf(fromText(action.linkTarget)), bytesOf(place))
  applyMetadata(place, metadataOf(action, site), 'symlink')
}

function metadataOf({ timestampNs }: MakeFolderAction | MakeFileAction | MakeSymlinkAction, { owner, nowNs }: ActionSite): FileMetadata {
  return { mode: 0, uid: 0, gid: 0, ...owner, mtimeNs: timestampNs ?? nowNs, xattrs: new Map() }
}

/** The place of the folder in which `path` is to be made. @throws SourceNotFoundError where there is none */
function requireParent(path: string, root: ByteString): ByteString {
  const parent = parentOf(trimSlashes(fromText(path)))
  const place = resolveInRoot(root, parent, 'follow')
  if (findStat(place)?.isDirectory() === true) return place
  throw new SourceNotFoundError(textOfBytes(parent), undefined, `make that folder before ${JSON.stringify(path)}`)
}

/** A pattern that matches nothing removes nothing. @throws SourceNotFoundError */
async function remove({ path, allowNotFound, allowWildcard }: RemoveAction, { target }: ActionSite): Promise<void> {
  const pattern = fromText(path)
  const paths = allowWildcard && hasWildcard(path) ? expandWildcards(target, pattern) : [pattern]
  for (const found of paths) {
    const place = resolveInRoot(target, found, 'keep')
    if (place === target) throw new CopyConflictError('cannot remove the root folder', { hint: 'name what is in it' })
    if (findStat(place) !== undefined) await rm(bytesOf(place), { recursive: true })
    else if (!allowNotFound) throw new SourceNotFoundError(path, undefined, 'check the path')
  }
}

function trimSlashes(path: ByteString): ByteString {
  return asByteString(path.replace(/\/+$/, ''))
}
