import type { ContentStore } from '../../content/contentStore.ts'
import type { ContentLeases } from '../../content/lease.ts'
import { pruneContent } from '../../content/prune.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Digest } from '../../ground/digest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { readImageConfig } from '../../image/imageView.ts'
import { layerSnapshots } from '../../ops/imageSource.ts'
import type { GitMirrors, GitMirrorUsage } from '../../ops/remote/git/gitMirrors.ts'
import type { CacheFolders, CacheFolderUsage } from '../../snapshot/cacheFolders.ts'
import type { SnapshotId, SnapshotStore, SnapshotUsage } from '../../snapshot/snapshotStore.ts'
import type { BuildRecordStore } from '../history/buildRecordStore.ts'
import type { ImageStore } from '../images/imageStore.ts'
import { reachableBlobs } from '../images/reachableBlobs.ts'
import { bytesToKeep, isBounded, type SpaceBounds } from './spaceBudget.ts'
import type { StepTimeStore } from './stepTimeStore.ts'
import type { RecordFilter, UsageRecord } from './usageRecord.ts'

export interface PruneOptions {
  /** Also what the images of the local store would need to be run or built upon at once, how long steps took, and, where all goes, what audits know. */
  readonly all: boolean
  /** What was used within this time stays. */
  readonly keepMs: number
  /** Nothing else goes. */
  readonly filter: RecordFilter
  /** Where something bounds it, what was used longest ago goes first, and only until enough has gone. */
  readonly bounds: SpaceBounds
}

export interface PruneStores {
  readonly content: ContentStore
  readonly leases: ContentLeases
  readonly snapshots: SnapshotStore
  readonly caches: CacheFolders
  readonly mirrors: GitMirrors
  readonly images: ImageStore
  readonly stepTimes: Pick<StepTimeStore, 'forget'>
  /** What audits know of layers. */
  readonly audits: { readonly forget: () => void }
  /** What past builds have left is no cache, and is neither told nor pruned. */
  readonly builds: BuildRecordStore
  /** On the disk of the store. */
  readonly freeBytes: () => Promise<number>
}

/** Snapshots, cache mounts, git repositories, and blobs that are more than a snapshot's packed layer, with their sizes. */
export async function measureUsage({ snapshots, caches, mirrors, content, images, builds }: PruneStores, filter: RecordFilter, signal: AbortSignal): Promise<readonly UsageRecord[]> {
  const records = (await snapshots.usage(signal)).filter(({ state }) => state === 'present').map(snapshotRecord)
  records.push(...(await caches.usage(signal)).map(cacheRecord), ...(await mirrors.usage(signal)).map(mirrorRecord))
  const named = new Set((await namedBlobs({ content, images }, signal)).keys())
  const past = historyBlobs(builds)
  for await (const { digest, sizeBytes, lastUsedAt } of content.list(signal)) if (!past.has(digest)) records.push(blobRecord(digest, sizeBytes, lastUsedAt, named.has(digest)))
  return records.filter(filter)
}

/**
 * Removes what nobody uses, upper snapshots before those they stand on, then the blobs that no image and no snapshot
 * is made of. Yields what is gone as it goes. Safe beside builds, of other processes too: each holds a lease while it
 * runs, and marks what it finds in the cache as used, so what was used since the oldest of them began stays.
 */
export async function* pruneCache(stores: PruneStores, options: PruneOptions, signal: AbortSignal): AsyncGenerator<UsageRecord> {
  // First the times, then what images need: who comes later has used what it needs later, too
  const unusedSince = Date.now() - options.keepMs
  const openSince = await stores.leases.exclusively(async (leased) => leased.openSince, signal)
  const kept = options.all ? new Set<SnapshotId>() : await imageSnapshots(stores, signal)
  const { filter } = options
  const usedBefore = Math.min(unusedSince, openSince)
  if (isBounded(options.bounds)) {
    const used = await usedBytes(stores, signal)
    const keptBytes = bytesToKeep(options.bounds, { usedBytes: used, freeBytes: await stores.freeBytes() })
    if (used > keptBytes) yield* pruneToFit(stores, { usedBefore, unusedSince, kept, filter, keptBytes }, signal)
    return
  }
  yield* pruneCaches(stores, { usedBefore, filter }, signal)
  yield* pruneMirrors(stores, { usedBefore, filter }, signal)
  yield* pruneSnapshots(stores, { usedBefore, kept, filter }, signal)
  yield* pruneBlobs(stores, { unusedSince, filter }, signal)
  if (options.all) stores.stepTimes.forget(unusedSince)
  if (options.all && options.keepMs === 0) stores.audits.forget()
}

/** Of all that a prune could take. */
async function usedBytes(stores: PruneStores, signal: AbortSignal): Promise<number> {
  const records = await measureUsage(stores, ({ type, isInUse }) => type !== 'blob' || !isInUse, signal)
  return records.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

interface FittingPrune extends SnapshotPrune {
  readonly unusedSince: number
  readonly keptBytes: number
}

/** First what nothing needs any more, then one after the other what was used longest ago, with the blobs that it leaves behind. */
async function* pruneToFit(stores: PruneStores, { usedBefore, unusedSince, kept, filter, keptBytes }: FittingPrune, signal: AbortSignal): AsyncGenerator<UsageRecord> {
  yield* pruneBlobs(stores, { unusedSince, filter }, signal)
  let used = await usedBytes(stores, signal)
  const blobs = await createBlobCount(stores, signal)
  for (const { record, remove } of await oldestFirst(stores, { usedBefore, kept, filter }, signal)) {
    signal.throwIfAborted()
    if (used <= keptBytes) break
    if (!(await remove())) continue
    used -= record.sizeBytes + blobs.forget(record.id)
    yield record
  }
  yield* pruneBlobs(stores, { unusedSince, filter }, signal)
}

interface Removable {
  readonly record: UsageRecord
  /** False where it is needed after all. */
  readonly remove: () => Promise<boolean>
}

/** A snapshot counts as used when what stands on it was. */
async function oldestFirst({ caches, mirrors, snapshots }: PruneStores, { usedBefore, kept, filter }: SnapshotPrune, signal: AbortSignal): Promise<readonly Removable[]> {
  const removable: (Removable & { readonly lastUse: number })[] = []
  for (const record of (await caches.usage(signal)).map(cacheRecord)) removable.push({ record, lastUse: record.lastUsedAtMs, remove: () => caches.remove(record.id, usedBefore) })
  for (const record of (await mirrors.usage(signal)).map(mirrorRecord)) removable.push({ record, lastUse: record.lastUsedAtMs, remove: () => mirrors.remove(record.id, usedBefore) })
  const lastUses = new Map<SnapshotId, number>()
  const all = childrenFirst(await snapshots.usage(signal))
  for (const { id, parent, origin, lastUsedAt } of all) {
    const lastUse = Math.max(lastUsedAt, lastUses.get(id) ?? 0)
    for (const below of [id, parent, origin]) if (below !== undefined) lastUses.set(below, Math.max(lastUse, lastUses.get(below) ?? 0))
  }
  for (const snapshot of all) {
    if (snapshot.inUse || kept.has(snapshot.id)) continue
    removable.push({ record: snapshotRecord(snapshot), lastUse: lastUses.get(snapshot.id) ?? 0, remove: () => snapshots.remove(snapshot.id, usedBefore, signal) })
  }
  return removable.filter(({ record, lastUse }) => filter(record) && lastUse < usedBefore).toSorted((a, b) => a.lastUse - b.lastUse) // a sort that keeps children before their parents
}

/** How many snapshots each packed layer is of. */
async function createBlobCount(stores: PruneStores, signal: AbortSignal): Promise<{ forget(snapshot: string): number }> {
  const named = await namedBlobs(stores, signal)
  const counts = new Map<Digest, number>()
  const blobsOf = new Map<string, readonly Descriptor[]>()
  for (const { id } of await stores.snapshots.usage(signal)) {
    const descriptors = stores.snapshots.blobs(id).map(({ descriptor }) => descriptor)
    blobsOf.set(id, descriptors)
    for (const { digest } of descriptors) counts.set(digest, (counts.get(digest) ?? 0) + 1)
  }
  return {
    forget(snapshot) {
      const lost = (blobsOf.get(snapshot) ?? []).filter(({ digest }) => {
        counts.set(digest, (counts.get(digest) ?? 1) - 1)
        return counts.get(digest) === 0 && !named.has(digest)
      })
      return lost.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    },
  }
}

interface FolderPrune {
  readonly usedBefore: number
  readonly filter: RecordFilter
}

async function* pruneCaches({ caches }: PruneStores, { usedBefore, filter }: FolderPrune, signal: AbortSignal): AsyncGenerator<UsageRecord> {
  for (const record of (await caches.usage(signal)).map(cacheRecord)) {
    if (filter(record) && (await caches.remove(record.id, usedBefore))) yield record
  }
}

async function* pruneMirrors({ mirrors }: PruneStores, { usedBefore, filter }: FolderPrune, signal: AbortSignal): AsyncGenerator<UsageRecord> {
  for (const record of (await mirrors.usage(signal)).map(mirrorRecord)) {
    if (filter(record) && (await mirrors.remove(record.id, usedBefore))) yield record
  }
}

interface SnapshotPrune extends FolderPrune {
  readonly kept: ReadonlySet<SnapshotId>
}

async function* pruneSnapshots({ snapshots }: PruneStores, { usedBefore, kept, filter }: SnapshotPrune, signal: AbortSignal): AsyncGenerator<UsageRecord> {
  const old = (await snapshots.usage(signal)).filter(({ id, lastUsedAt, inUse }) => !inUse && lastUsedAt < usedBefore && !kept.has(id)).filter((snapshot) => filter(snapshotRecord(snapshot)))
  for (const snapshot of childrenFirst(old)) {
    if (await snapshots.remove(snapshot.id, usedBefore, signal)) yield snapshotRecord(snapshot)
  }
}

/** Each before its parent, and before what it has its layer of. */
function childrenFirst(snapshots: readonly SnapshotUsage[]): readonly SnapshotUsage[] {
  const byId = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]))
  const depths = new Map<SnapshotId, number>()
  const below = ({ parent, origin }: SnapshotUsage): readonly SnapshotUsage[] => [parent, origin].flatMap((id) => (id === undefined ? undefined : byId.get(id)) ?? [])
  for (const snapshot of snapshots) {
    const path = [snapshot]
    for (let next = path.at(-1); next !== undefined; next = path.at(-1)) {
      const unknown = below(next).filter(({ id }) => !depths.has(id))
      if (unknown.length === 0) depths.set(next.id, 1 + Math.max(0, ...below(next).map(({ id }) => depths.get(id) ?? 0)))
      if (unknown.length === 0) path.pop()
      else path.push(...unknown)
    }
  }
  return snapshots.toSorted((a, b) => (depths.get(b.id) ?? 0) - (depths.get(a.id) ?? 0))
}

async function* pruneBlobs({ content, leases, snapshots, images, builds }: PruneStores, { unusedSince, filter }: { readonly unusedSince: number; readonly filter: RecordFilter }, signal: AbortSignal): AsyncGenerator<UsageRecord> {
  const referenced = async (): Promise<ReadonlySet<Digest>> => {
    const needed = new Set([...(await namedBlobs({ content, images }, signal)).keys(), ...historyBlobs(builds)])
    for (const { id } of await snapshots.usage(signal)) for (const { descriptor } of snapshots.blobs(id)) needed.add(descriptor.digest)
    for await (const { digest, sizeBytes, lastUsedAt } of content.list(signal)) if (!filter(blobRecord(digest, sizeBytes, lastUsedAt, false))) needed.add(digest)
    return needed
  }
  const removed = await pruneContent(content, leases, { referenced, unusedSince }, signal)
  for (const { digest, sizeBytes, lastUsedAt } of removed) yield blobRecord(digest, sizeBytes, lastUsedAt, false)
}

function historyBlobs(builds: BuildRecordStore): ReadonlySet<Digest> {
  return new Set(builds.list().flatMap(({ events, attachments }) => (events === undefined ? attachments : [events, ...attachments])))
}

/** The layers of the local store's images, as snapshots. */
async function imageSnapshots(stores: PruneStores, signal: AbortSignal): Promise<ReadonlySet<SnapshotId>> {
  const kept = new Set<SnapshotId>()
  for (const descriptor of (await namedBlobs(stores, signal)).values()) {
    if (descriptor.mediaType !== MEDIA_TYPE.ociConfig && descriptor.mediaType !== MEDIA_TYPE.dockerConfig) continue
    const { diffIds } = await readImageConfig(stores.content, descriptor, signal)
    for (const id of layerSnapshots(diffIds)) kept.add(id)
  }
  return kept
}

/** Every blob that a name of the local store leads to and that is here. */
async function namedBlobs({ content, images }: Pick<PruneStores, 'content' | 'images'>, signal: AbortSignal): Promise<ReadonlyMap<Digest, Descriptor>> {
  const found = new Map<Digest, Descriptor>()
  for (const { root } of images.list()) {
    for (const descriptor of (await reachableBlobs(content, root, signal)).present) found.set(descriptor.digest, descriptor)
  }
  return found
}

function snapshotRecord({ id, parent, sizeBytes, createdAt, lastUsedAt, inUse }: SnapshotUsage): UsageRecord {
  return { id, parent, type: 'regular', description: 'layer', sizeBytes, createdAtMs: createdAt, lastUsedAtMs: lastUsedAt, isInUse: inUse }
}

function cacheRecord({ id, description, sizeBytes, createdAt, lastUsedAt, inUse }: CacheFolderUsage): UsageRecord {
  return { id, parent: undefined, type: 'exec.cachemount', description, sizeBytes, createdAtMs: createdAt, lastUsedAtMs: lastUsedAt, isInUse: inUse }
}

function mirrorRecord({ id, remote, sizeBytes, createdAt, lastUsedAt, inUse }: GitMirrorUsage): UsageRecord {
  return { id, parent: undefined, type: 'source.git.checkout', description: `shared git repo for ${remote}`, sizeBytes, createdAtMs: createdAt, lastUsedAtMs: lastUsedAt, isInUse: inUse }
}

function blobRecord(digest: Digest, sizeBytes: number, lastUsedAt: number, isNamed: boolean): UsageRecord {
  return { id: digest, parent: undefined, type: 'blob', description: isNamed ? 'blob of a local image' : 'packed layer', sizeBytes, createdAtMs: lastUsedAt, lastUsedAtMs: lastUsedAt, isInUse: isNamed }
}
