import { rm } from 'node:fs/promises'
import { hasWildcard } from '../../ground/pathMatch.ts'
import type { Digest } from '../../ground/digest.ts'
import type { CopyAction, FileAction } from '../../graph/vertex.ts'
import { asByteString, bytesOf, fromText, type ByteString } from '../../kit/byteString.ts'
import type { SnapshotChange, SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import { toSnapshot } from '../snapshotResult.ts'
import { findOwnRemovals } from './copyRemovals.ts'
import { runFileAction, type ActionSite } from './fileActions.ts'
import { createFilePlacer } from './filePlacer.ts'
import { openLinkSource } from './linkSource.ts'
import { copyKey, type MadeCopies } from './madeCopies.ts'
import type { PathFilter } from './matching/pathFilter.ts'
import { findStat, type FileOwner } from './metadata.ts'
import { hasNames, lookUpOwner } from './owner.ts'
import { joinName, namesOf, resolveInRoot } from './rootPath.ts'
import type { LateCopy } from './treeCopy.ts'

/*
 * A folder is copied anew where its source has changed. Where the source stands on what was copied the last time, as
 * what is synced from a client does, only what changed needs to be: the result is then a revision of the last one. What
 * comes of it is what a whole copy would have made; where that cannot be known beforehand, none is made.
 */

/** A copy of a folder's contents, to which one file op comes. */
export interface RevisableCopy {
  readonly action: CopyAction
  readonly source: SnapshotId
  readonly base: SnapshotId | undefined
  readonly key: Digest
}

export interface RevisionDeps {
  readonly snapshots: SnapshotStore
  readonly madeCopies: MadeCopies
}

/** Undefined where the actions are more than that, or do other things to a folder that is there already. */
export function revisableCopy(actions: readonly FileAction[], inputs: readonly (string | undefined)[], op: Digest | undefined): RevisableCopy | undefined {
  const [action, ...others] = actions
  if (action?.kind !== 'copy' || others.length > 0 || action.output === undefined || op === undefined || action.from.kind !== 'input' || action.base.kind === 'action') return undefined
  const source = toSnapshot(inputs[action.from.index])
  const base = action.base.kind === 'input' ? toSnapshot(inputs[action.base.index]) : undefined
  if (source === undefined || source === base || !isPlain(action)) return undefined
  const { index } = action.from
  return { action, source, base, key: copyKey([op, action.source, ...inputs.map((input, at) => (at === index ? '' : (input ?? '')))]) }
}

function isPlain(action: CopyAction): boolean {
  return action.copyFolderContents && !action.unpackArchives && !action.replacesTargets && isWhole(action) && isOwnerOfBase(action)
}

function isWhole({ source, allowWildcard, includePatterns, excludePatterns, requiredPaths }: CopyAction): boolean {
  return includePatterns.length === 0 && excludePatterns.length === 0 && requiredPaths.length === 0 && !(allowWildcard && hasWildcard(source))
}

function isOwnerOfBase({ owner, base }: CopyAction): boolean {
  return owner === undefined || !hasNames(owner) || (isBase(owner.lookup, base) && isBase(owner.groupLookup ?? owner.lookup, base))
}

function isBase(lookup: CopyAction['base'], base: CopyAction['base']): boolean {
  return lookup.kind === 'input' && base.kind === 'input' && lookup.index === base.index
}

/** Undefined where all has to be copied. */
export async function reviseCopy(copy: RevisableCopy, { snapshots, madeCopies }: RevisionDeps, nowNs: bigint, signal: AbortSignal): Promise<SnapshotId | undefined> {
  const known = madeCopies.find(copy.key)
  if (known === undefined || known.source === copy.source || !snapshots.touch(known.result)) return undefined
  const changes = snapshots.readChanges(known.source, copy.source, signal)
  const changed = changes === undefined ? undefined : await gatherChanges(changes, pathOf(copy.action.source))
  if (changed === undefined) return undefined
  await using view = await snapshots.openView(copy.source, signal)
  const source = fromText(view.path)
  if (!isFolderAt(source, copy.action.source)) return undefined
  await using revision = await snapshots.openRevision(known.result, signal)
  if (revision === undefined) return undefined
  const target = fromText(revision.path)
  const folder = joinName(target, pathOf(copy.action.target))
  if (!isFolderAt(target, copy.action.target) || !keepKinds(changed.made, folder)) return undefined
  const removals = await findRemovals(changed.removed, { source: joinName(source, pathOf(copy.action.source)), target: folder }, { copy, snapshots }, signal)
  if (removals === undefined) return undefined
  for (const path of removals) await rm(bytesOf(joinName(folder, path)), { recursive: true, force: true })
  const placer = createFilePlacer(await openLinkSource(view))
  const late: LateCopy[] = []
  const owner = await findOwner(copy, snapshots, signal)
  const site: ActionSite = { target, source, owner, placer, late: { add: (part) => void late.push(part), replaces: true }, only: onlyPaths(changed.made), nowNs }
  await runFileAction(copy.action, site, signal)
  return await revision.commit(async (layer) => {
    for (const part of late) await part(fromText(layer), placer)
  })
}

/** By path relative to the source. */
interface Changes {
  readonly made: ReadonlyMap<ByteString, 'folder' | 'other'>
  /** Something may have come there again. */
  readonly removed: ReadonlySet<ByteString>
}

/** So many are copied sooner than all the others are looked at. */
const MAX_CHANGES = 5_000

/** Undefined where there are too many, or the folder `top` or one above it was taken away, or may lead elsewhere now. */
async function gatherChanges(changes: AsyncIterable<SnapshotChange>, top: string): Promise<Changes | undefined> {
  const made = new Map<ByteString, 'folder' | 'other'>()
  const removed = new Set<ByteString>()
  const within = top === '' ? '' : `${top}/`
  for await (const { path, kind } of changes) {
    const isAround = path === top || top.startsWith(`${path}/`)
    if (isAround && kind !== 'folder') return undefined
    if (isAround || !path.startsWith(within)) continue
    if (made.size + removed.size === MAX_CHANGES) return undefined
    const name = asByteString(path.slice(within.length))
    if (kind !== 'removal') made.set(name, kind)
    else {
      made.delete(name)
      removed.add(name)
    }
  }
  return { made, removed }
}

interface Trees {
  readonly source: ByteString
  readonly target: ByteString
}

/** Undefined where a removal would show something of the base again. */
async function findRemovals(removed: Changes['removed'], trees: Trees, { copy, snapshots }: { readonly copy: RevisableCopy; readonly snapshots: SnapshotStore }, signal: AbortSignal): Promise<readonly ByteString[] | undefined> {
  if (removed.size === 0) return []
  await using below = await snapshots.openView(copy.base, signal)
  return findOwnRemovals(removed, { ...trees, below: fromText(below.path), way: pathOf(copy.action.target) })
}

/** Relative, and as plain as can be. */
function pathOf(written: string): ByteString {
  return asByteString(namesOf(fromText(written)).join('/'))
}

/** Whether there is a folder that no links lead to. */
function isFolderAt(root: ByteString, path: string): boolean {
  const place = resolveInRoot(root, fromText(path), 'follow')
  return [root, ...namesOf(fromText(path))].join('/') === place && findStat(place)?.isDirectory() === true
}

/** Whether what is in the way of each change is of the same kind: else a whole copy would fail, or leave something out. */
function keepKinds(made: Changes['made'], target: ByteString): boolean {
  return [...made].every(([path, kind]) => {
    const existing = findStat(joinName(target, path))
    return existing === undefined || existing.isDirectory() === (kind === 'folder')
  })
}

function onlyPaths(made: Changes['made']): PathFilter {
  return { includes: (path) => made.has(path), skips: (path) => !made.has(path) }
}

async function findOwner({ action: { owner }, base }: RevisableCopy, snapshots: SnapshotStore, signal: AbortSignal): Promise<FileOwner | undefined> {
  if (owner === undefined) return undefined
  await using view = await snapshots.openView(base, signal)
  return lookUpOwner(owner, fromText(view.path))
}
