import { chmodSync, mkdirSync, unlinkSync, type BigIntStats } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { asByteString, bytesOf, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { once } from '../../kit/once.ts'
import { utimens } from '../../kit/syscalls.ts'
import { CopyConflictError } from './fileErrors.ts'
import type { FilePlacer } from './filePlacer.ts'
import { ensureFolder, setTimes, sortedNames, type NewFolder } from './folders.ts'
import { applyMetadata, findStat, readMetadata, withOverrides, type FileMetadata, type MetadataChange } from './metadata.ts'
import type { PathFilter } from './matching/pathFilter.ts'
import { joinName, lastNameOf, parentOf, resolveInRoot, showPath } from './rootPath.ts'

/** One source of a COPY. */
export interface TreeCopy {
  readonly sourceRoot: ByteString
  readonly targetRoot: ByteString
  /** Absolute in `sourceRoot`, a single path. */
  readonly source: ByteString
  /** Absolute in `targetRoot`; a trailing `/` means a folder. */
  readonly target: ByteString
  readonly change: MetadataChange
  readonly followSymlinks: boolean
  readonly copyFolderContents: boolean
  /** For what is in the source: the source itself is copied whatever its name is. */
  readonly filter: PathFilter
  /** Whether what is in the way is taken away, rather than to be an error. */
  readonly replacesTargets: boolean
  /** Of folders that have to be made on the way. */
  readonly newFolder: NewFolder
}

/** Done later: copies what it holds into the tree at `targetRoot`, which is then the layer's own. */
export type LateCopy = (targetRoot: ByteString, placer: FilePlacer) => Promise<void>

/**
 * What of a folder's contents has new names at its target need not be copied at once: where it is put off until the
 * layer is no longer mounted, its files can be hard links. Nothing may look at the target before.
 */
export interface LateCopies {
  add(copy: LateCopy): void
  /** Whether names that are there may be put off too: a layer of its own is made over what has them, and nothing changes its kind. */
  readonly replaces: boolean
}

/**
 * Copies as BuildKit does: a folder's contents, not the folder, where so asked; a file into the target where that is a
 * folder; folders on the way are made; a folder that stands at the target stays as it is but for its time, those in it
 * take the source's owner and mode; a file replaces a file or link, and never a folder.
 * @throws CopyConflictError; the caller has checked that the source exists
 */
export async function copyTree(copy: TreeCopy, placer: FilePlacer, late: LateCopies | undefined, signal: AbortSignal): Promise<void> {
  const source = resolveInRoot(copy.sourceRoot, copy.source, copy.followSymlinks ? 'follow' : 'keep')
  const stat = findStat(source)
  if (stat === undefined) throw new Error(`${textOfBytes(copy.source)} was there before`)
  const made: ByteString[] = []
  const target = prepareTarget(copy, stat, made)
  const run: CopyRun = { copy, placer, late, siblings: new Map() }
  const top: CopyStep = { source, target, path: asByteString(''), stat, isTop: true, makeParent: () => false }
  await (stat.isDirectory() ? copyFolder(run, top, signal) : copyFile(run, top, signal))
  if (copy.change.timestampNs !== undefined) setTimes(made, copy.change.timestampNs)
}

/** Makes the folders on the way, which it adds to `made`, and says where the source's copy comes. */
function prepareTarget(copy: TreeCopy, source: BigIntStats, made: ByteString[]): ByteString {
  const { targetRoot, target, newFolder } = copy
  ensureFolder(targetRoot, target.endsWith('/') ? target : parentOf(target), newFolder, made)
  const place = resolveInRoot(targetRoot, target, 'follow')
  const existing = findStat(place)
  const bringsContents = source.isDirectory() && copy.copyFolderContents
  if (bringsContents) return existing === undefined ? ensureFolder(targetRoot, target, newFolder, made) : place
  const goesInside = source.isDirectory() ? existing !== undefined : existing?.isDirectory() === true
  if (goesInside) return joinName(place, lastNameOf(copy.source))
  // A link at the target may lead to where there is no folder yet
  ensureFolder(targetRoot, parentOf(asByteString(place.slice(targetRoot.length))), newFolder, made)
  return place
}

interface CopyRun {
  readonly copy: TreeCopy
  readonly placer: FilePlacer
  readonly late: LateCopies | undefined
  /** First copies by inode of the source. */
  readonly siblings: Map<string, ByteString>
}

interface CopyStep {
  readonly source: ByteString
  readonly target: ByteString
  /** Relative to the copy's source, for the filter. */
  readonly path: ByteString
  readonly stat: BigIntStats
  /** What a COPY names itself, as opposed to what is in it. */
  readonly isTop: boolean
  /** Makes the folder around it, which is left out until something in it is copied. Says whether it was made by this copy, so that no other name is in it. */
  readonly makeParent: () => boolean
}

async function copyFolder(run: CopyRun, step: CopyStep, signal: AbortSignal): Promise<void> {
  await nextTurn() // a large tree holds nobody up
  signal.throwIfAborted()
  const { filter } = run.copy
  const isIncluded = step.isTop || filter.includes(step.path)
  if (isIncluded) await makeRoom(run, step)
  const metadata = once(() => wantedOf(run, step))
  let state: FolderState = 'absent'
  const makeFolder = (): boolean => {
    if (state === 'absent') {
      step.makeParent()
      state = makeOrKeep(step.target, run.copy)
    }
    return state === 'created'
  }
  if (isIncluded) makeFolder()
  const later: CopyStep[] = []
  for (const name of sortedNames(step.source)) {
    const path = joinName(step.path, name)
    if (filter.skips(path)) continue
    const source = joinName(step.source, name)
    const stat = findStat(source)
    if (stat === undefined) continue
    const child: CopyStep = { source, target: joinName(step.target, name), path, stat, isTop: false, makeParent: makeFolder }
    if (step.isTop && run.late !== undefined && (run.late.replaces || findStat(child.target) === undefined)) later.push({ ...child, makeParent: () => false })
    else await copyChild(run, child, signal)
  }
  // After its content, which changes its time
  const complete = (target: ByteString): void => completeFolder(target, { state, isTop: step.isTop, isIncluded }, metadata)
  if (later.length > 0) putOff(run, { folder: step.target, children: later, complete }, signal)
  complete(step.target)
}

type FolderState = 'absent' | 'created' | 'existing'

interface FolderVisit {
  readonly state: FolderState
  readonly isTop: boolean
  readonly isIncluded: boolean
}

/** A target that was there before keeps what it has but for its time; a folder in it does so only where it is on the way to what is copied, and then takes the mode. */
function completeFolder(target: ByteString, { state, isTop, isIncluded }: FolderVisit, metadata: () => PlacedMetadata): void {
  if (state === 'absent') return
  if (state === 'existing' && isTop) utimens(bytesOf(target), undefined, metadata().wanted.mtimeNs)
  else if (state === 'existing' && !isIncluded) chmodSync(bytesOf(target), metadata().metadata.mode)
  else applyMetadata(target, metadata().wanted, 'other')
}

async function copyChild(run: CopyRun, child: CopyStep, signal: AbortSignal): Promise<void> {
  if (child.stat.isDirectory()) await copyFolder(run, child, signal)
  else if (run.copy.filter.includes(child.path)) await copyFile(run, child, signal)
}

interface LateFolder {
  readonly folder: ByteString
  readonly children: readonly CopyStep[]
  readonly complete: (folder: ByteString) => void
}

function putOff(run: CopyRun, { folder, children, complete }: LateFolder, signal: AbortSignal): void {
  const { copy, late } = run
  utimens(bytesOf(folder), undefined, copy.newFolder.mtimeNs) // so that the folder is a part of the layer, even if it was there before
  late?.add(async (targetRoot, placer) => {
    const moved = (place: ByteString): ByteString => asByteString(targetRoot + place.slice(copy.targetRoot.length))
    const siblings = new Map([...run.siblings].map(([inode, place]) => [inode, moved(place)])) // what was not put off stands in the same layer
    for (const child of children) await copyChild({ copy, placer, late: undefined, siblings }, { ...child, target: moved(child.target) }, signal)
    complete(moved(folder))
  })
}

function makeOrKeep(target: ByteString, copy: TreeCopy): 'created' | 'existing' {
  const existing = findStat(target)
  if (existing === undefined) {
    mkdirSync(bytesOf(target))
    return 'created'
  }
  if (!existing.isDirectory()) throw new CopyConflictError(`cannot copy to non-directory: ${showPath(target, copy.targetRoot)}`, { hint: 'a file or link of that name is in the way: remove it with a RUN before' })
  return 'existing'
}

async function makeRoom({ copy }: CopyRun, { target, stat }: CopyStep): Promise<void> {
  const existing = copy.replacesTargets ? findStat(target) : undefined
  if (existing === undefined || (existing.isDirectory() && stat.isDirectory())) return
  await rm(bytesOf(target), { recursive: true })
}

async function copyFile(run: CopyRun, step: CopyStep, signal: AbortSignal): Promise<void> {
  const { source, target, stat } = step
  await makeRoom(run, step)
  if (!step.makeParent()) clearTarget(target, run.copy.targetRoot)
  await run.placer.place({ source, stat, target, ...wantedOf(run, step) }, run.siblings, signal)
}

interface PlacedMetadata {
  /** What the source has. */
  readonly metadata: FileMetadata
  readonly wanted: FileMetadata
}

function wantedOf({ copy }: CopyRun, { source, stat }: CopyStep): PlacedMetadata {
  const metadata = readMetadata(source, stat)
  const type = stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'symlink' : 'other'
  return { metadata, wanted: withOverrides(metadata, copy.change, type) }
}

/** Takes away a file or link under `root`; never what it leads to. @throws CopyConflictError */
export function clearTarget(target: ByteString, root: ByteString): void {
  const existing = findStat(target)
  if (existing === undefined) return
  if (existing.isDirectory()) throw new CopyConflictError(`cannot replace to directory ${showPath(target, root)} with file`, { hint: 'write the target with a trailing "/" to put the file into the folder' })
  unlinkSync(bytesOf(target))
}
