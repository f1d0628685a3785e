import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { CopyAction, FileAction, MakeFileAction, MakeFolderAction, RemoveAction } from '../../graph/vertex.ts'
import { hasWildcard } from '../../ground/pathMatch.ts'
import { asByteString, bytesOf, fromText, type ByteString } from '../../kit/byteString.ts'
import { isArchive, unpackArchive } from './archiveUnpack.ts'
import { SourceNotFoundError } from './fileErrors.ts'
import type { FilePlacer } from './filePlacer.ts'
import { ensureFolder } from './folders.ts'
import { applyMetadata, findStat, type FileOwner } from './metadata.ts'
import { createPathFilter } from './matching/patternFilter.ts'
import { joinName, lastNameOf, parentOf, resolveInRoot } from './rootPath.ts'
import { sourceNotFound } from './sourceHint.ts'
import { clearTarget, copyTree, type LateCopies } from './treeCopy.ts'
import { expandWildcards } from './matching/wildcard.ts'

/** Where an action works. */
export interface ActionSite {
  readonly target: ByteString
  /** What a copy reads; undefined is an empty file system, and of all other actions. */
  readonly source: ByteString | undefined
  readonly owner: FileOwner | undefined
  readonly placer: FilePlacer
  /** Undefined where all has to be done at once. */
  readonly late: LateCopies | undefined
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
    case 'rm':
      return remove(action, site)
  }
}

async function copy(action: CopyAction, site: ActionSite, signal: AbortSignal): Promise<void> {
  const sources = site.source === undefined ? [] : findSources(action, site.source)
  const mayBeEmpty = action.allowWildcard && action.allowEmptyWildcard && hasWildcard(action.source)
  if (sources.length === 0 && !mayBeEmpty) throw sourceNotFound(action.source, site.source, undefined)
  for (const source of sources) await copyOne(action, source, site, signal)
}

/** Absolute in `root`. */
function findSources({ source, allowWildcard, followSymlinks }: CopyAction, root: ByteString): readonly ByteString[] {
  if (allowWildcard) return expandWildcards(root, fromText(source))
  const place = resolveInRoot(root, fromText(source), followSymlinks ? 'follow' : 'keep')
  return findStat(place) === undefined ? [] : [fromText(source)]
}

async function copyOne(action: CopyAction, source: ByteString, site: ActionSite, signal: AbortSignal): Promise<void> {
  const { target: targetRoot, source: sourceRoot, owner, nowNs, placer, late } = site
  if (sourceRoot === undefined) return
  const target = withFolderSlash(action.target)
  if (action.unpackArchives) {
    const file = resolveInRoot(sourceRoot, source, 'follow')
    if (findStat(file)?.isFile() === true && (await isArchive(file, signal))) {
      const folder = ensureFolder(targetRoot, target, { mode: 0o755, owner, mtimeNs: nowNs })
      return unpackArchive(file, { folder, owner, nowNs }, signal)
    }
  }
  const { mode, followSymlinks, copyFolderContents, includePatterns, excludePatterns } = action
  const filter = createPathFilter({ includePatterns, excludePatterns })
  await copyTree({ sourceRoot, targetRoot, source, target, owner, mode, followSymlinks, copyFolderContents, filter, nowNs }, placer, late, signal)
}

/** A path that ends in `/.` names a folder, as one that ends in `/` does. */
function withFolderSlash(target: string): ByteString {
  return fromText(target.replace(/\/\.$/, '/'))
}

async function makeFolder({ path, mode, makeParents, timeSeconds }: MakeFolderAction, { target, owner, nowNs }: ActionSite): Promise<void> {
  const name = fromText(path)
  const mtimeNs = timeSeconds === undefined ? nowNs : BigInt(timeSeconds) * 1_000_000_000n
  if (makeParents) {
    ensureFolder(target, name, { mode, owner, mtimeNs })
    return
  }
  const place = joinName(resolveInRoot(target, parentOf(trimSlashes(name)), 'follow'), lastNameOf(name))
  if (findStat(place)?.isDirectory() === true) return
  mkdirSync(bytesOf(place))
  applyMetadata(place, { mode, uid: 0, gid: 0, ...owner, mtimeNs, xattrs: new Map() }, 'other')
}

async function makeFile({ path, mode, data }: MakeFileAction, { target, owner, nowNs }: ActionSite): Promise<void> {
  const place = resolveInRoot(target, fromText(path), 'follow')
  clearTarget(place, fromText(path)) // never written into: the file may be a link to another snapshot's
  writeFileSync(bytesOf(place), data, { flag: 'wx' })
  applyMetadata(place, { mode, uid: 0, gid: 0, ...owner, mtimeNs: nowNs, xattrs: new Map() }, 'other')
}

async function remove({ path, allowNotFound, allowWildcard }: RemoveAction, { target }: ActionSite): Promise<void> {
  const pattern = fromText(path)
  const paths = allowWildcard ? expandWildcards(target, pattern) : [pattern]
  const places = paths.map((found) => resolveInRoot(target, found, 'keep')).filter((place) => findStat(place) !== undefined)
  if (places.length === 0 && !allowNotFound) throw new SourceNotFoundError(path, undefined, 'check the path')
  for (const place of places) await rm(bytesOf(place), { recursive: true })
}

function trimSlashes(path: ByteString): ByteString {
  return asByteString(path.replace(/\/+$/, ''))
}
