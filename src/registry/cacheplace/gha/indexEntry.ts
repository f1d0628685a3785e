import { digestHex, digestOf, type Digest } from '../../../ground/digest.ts'
import { pause } from '../../../kit/retry.ts'
import type { CacheBlob } from '../cachePlace.ts'
import { CachePlaceAnswerError } from '../cachePlaceError.ts'
import type { ActionsCache } from './actionsCache.ts'

/*
 * Entries never change, so BuildKit numbers those of one index: `index-buildkit-1-<branch>#7`. The newest is found by what
 * comes before the number. Whoever writes the next one has its key first; one who crashed then leaves it taken for ever,
 * which is why it is passed over after a while.
 */

export const BLOB_PREFIX = 'buildkit-blob-1-'

/** The key of a blob. */
export function blobKey(digest: Digest): string {
  return `${BLOB_PREFIX}${digest}`
}

/** What the keys of an index begin with; `branch` is a scope of the token. */
export function indexPrefix(scope: string, branch: string): string {
  return `index-${scope}-1-${digestHex(digestOf(branch)).slice(0, 8)}#`
}

/** How long another may take to write an entry whose key it has. */
export interface EntryWait {
  readonly pauseMs: number
  readonly longestMs: number
}

export const ENTRY_WAIT: EntryWait = { pauseMs: 2_000, longestMs: 15_000 }

/** Puts `blob` behind what the index has; what others put there meanwhile is replaced too. */
export async function saveIndex(cache: ActionsCache, index: { readonly prefix: string; readonly blob: CacheBlob; readonly place: string; readonly wait: EntryWait }, signal: AbortSignal): Promise<void> {
  const { prefix, blob, place, wait } = index
  let waitedMs = 0
  for (let skipped = 0; ; ) {
    const newest = await cache.find(prefix, signal)
    const number = newest === undefined ? 0 : numberOf(newest.key.slice(prefix.length), place)
    const outcome = await cache.save(`${prefix}${number + 1 + skipped}`, blob, signal)
    if (outcome === 'saved') return
    if (waitedMs >= wait.longestMs) {
      skipped += 1
      continue
    }
    await pause(wait.pauseMs, signal)
    waitedMs += wait.pauseMs
  }
}

function numberOf(text: string, place: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CachePlaceAnswerError(place, `the newest index has no number but ${JSON.stringify(text)}`)
  return Number(text)
}
