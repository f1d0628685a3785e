import type { Digest } from '../ground/digest.ts'
import { LAST_USE_PRECISION_MS, type BlobInfo, type ContentStore } from './contentStore.ts'
import type { ContentLeases, Leased } from './lease.ts'

export interface PruneOptions {
  /** What images and cache records need. Asked anew while no lease can open: what was named until then is spared. */
  readonly referenced: () => Promise<ReadonlySet<Digest>>
  /** Milliseconds since the epoch: blobs used since then stay. */
  readonly unusedSince: number
}

/** As many are removed before builds that wait to protect theirs get their turn. */
const BATCH = 64

/**
 * Removes what nobody needs: not referenced, not used lately, not leased, and not used since the oldest lease that is
 * open was opened, by any process. Gives what was removed.
 */
export async function pruneContent(store: ContentStore, leases: ContentLeases, options: PruneOptions, signal: AbortSignal): Promise<readonly BlobInfo[]> {
  const candidates: BlobInfo[] = []
  for await (const blob of store.list(signal)) {
    if (blob.lastUsedAt < options.unusedSince) candidates.push(blob)
  }
  const removed: BlobInfo[] = []
  for (let start = 0; start < candidates.length; start += BATCH) {
    const batch = candidates.slice(start, start + BATCH)
    removed.push(...(await leases.exclusively((leased) => removeAll(store, batch, { leased, ...options }, signal), signal)))
  }
  return removed
}

interface Spared extends PruneOptions {
  readonly leased: Leased
}

async function removeAll(store: ContentStore, blobs: readonly BlobInfo[], { leased, referenced, unusedSince }: Spared, signal: AbortSignal): Promise<readonly BlobInfo[]> {
  const usedBefore = Math.min(unusedSince, leased.openSince - LAST_USE_PRECISION_MS)
  const needed = (await referenced()).union(leased.digests)
  const removed: BlobInfo[] = []
  for (const blob of blobs) {
    if (!needed.has(blob.digest) && (await store.remove(blob.digest, usedBefore, signal))) removed.push(blob)
  }
  return removed
}
