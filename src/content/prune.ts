import type { BlobInfo, ContentStore } from './contentStore.ts'
import type { ContentLeases } from './lease.ts'

export interface PruneOptions {
  /** Whether an image or a cache record still needs it. */
  readonly isReferenced: (blob: BlobInfo) => boolean
  /** Milliseconds since the epoch: blobs used since then stay, since what will refer to them may not be written yet. */
  readonly unusedSince: number
}

/** As many are removed before builds that wait to protect theirs get their turn. */
const BATCH = 64

/** Removes what nobody needs: not referenced, not used lately, not leased by any process. Gives what was removed. */
export async function pruneContent(store: ContentStore, leases: ContentLeases, options: PruneOptions, signal: AbortSignal): Promise<readonly BlobInfo[]> {
  const candidates: BlobInfo[] = []
  for await (const blob of store.list(signal)) {
    if (blob.lastUsedAt < options.unusedSince && !options.isReferenced(blob)) candidates.push(blob)
  }
  const removed: BlobInfo[] = []
  for (let start = 0; start < candidates.length; start += BATCH) {
    const batch = candidates.slice(start, start + BATCH)
    removed.push(...(await leases.exclusively(async (leased) => removeAll(store, batch.filter(({ digest }) => !leased.has(digest)), signal), signal)))
  }
  return removed
}

async function removeAll(store: ContentStore, blobs: readonly BlobInfo[], signal: AbortSignal): Promise<readonly BlobInfo[]> {
  for (const { digest } of blobs) await store.remove(digest, signal)
  return blobs
}
