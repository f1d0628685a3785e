import type { Digest } from '../../../ground/digest.ts'
import type { HttpClient, HttpResponse } from '../../../kit/http.ts'
import { createLimit } from '../../../kit/limit.ts'
import type { RetryPolicy } from '../../../kit/retry.ts'
import type { CachePlace } from '../cachePlace.ts'
import { CacheAccessDeniedError } from '../cachePlaceError.ts'
import { blobOfBytes } from '../blobOfBytes.ts'
import { DOWNLOAD_ANSWERS, readConfigBody, readPlaceBlob, readTotalBytes } from '../internal/placeDownload.ts'
import { createPlaceRequester } from '../internal/placeRequester.ts'
import type { ActionsCache, ActionsCacheEntry } from './actionsCache.ts'
import { writableScope } from './actionsToken.ts'
import type { GhaAttributes } from './ghaAttributes.ts'
import { BLOB_PREFIX, blobKey, indexPrefix, saveIndex, type EntryWait } from './indexEntry.ts'
import { fetchKnownKeys } from './knownKeys.ts'
import { explainGha, hintForGha } from './serviceRequest.ts'
import { createServiceV1 } from './serviceV1.ts'
import { createServiceV2 } from './serviceV2.ts'

export interface GhaPlaceOptions {
  readonly http: HttpClient
  readonly retries: RetryPolicy
  readonly entryWait: EntryWait
  /** GitHub's REST API. */
  readonly api: URL
  readonly now: () => number
}

const PLACE = 'GitHub Actions Cache'
const UPLOADS_AT_ONCE = 4
const PIECES_AT_ONCE = 4


/** The cache service of GitHub's workflows. `http` is the place's own from here on. */
export function createGhaPlace(attributes: GhaAttributes, { http, retries, entryWait, api, now }: GhaPlaceOptions): CachePlace {
  const { token, scope, service, timeoutMs, listing } = attributes
  const requester = createPlaceRequester({ place: PLACE, http, retries, longestWaitMs: timeoutMs, explain: explainGha, hintFor: hintForGha, now })
  const serviceOptions = { url: service.url, token, requester, limit: createLimit(PIECES_AT_ONCE) }
  const cache = service.version === 2 ? createServiceV2(serviceOptions) : createServiceV1(serviceOptions)

  const openEntry = async ({ url }: ActionsCacheEntry, range: string | undefined, signal: AbortSignal): Promise<HttpResponse> => {
    const headers = new Map(range === undefined ? [] : [['range', range]])
    return await requester.send({ method: 'GET', url, headers: () => Promise.resolve(headers), openBody: undefined, answers: DOWNLOAD_ANSWERS }, signal)
  }
  const branches = [...new Set(token.scopes.filter(({ canRead }) => canRead).map((control) => control.scope))]
  let known: Promise<ReadonlySet<string> | undefined> | undefined
  const hasBlob = async (key: string, signal: AbortSignal): Promise<boolean> => {
    if (listing !== undefined) known ??= fetchKnownKeys(requester, { api, listing, prefix: BLOB_PREFIX, branches }, signal)
    const keys = await known
    return keys === undefined ? (await findExact(cache, key, signal)) !== undefined : keys.has(key)
  }
  // looked up each time: an address is good for minutes, a build may take hours
  const openBlob = async (digest: Digest, range: string | undefined, signal: AbortSignal): Promise<HttpResponse | undefined> => {
    const entry = await findExact(cache, blobKey(digest), signal)
    return entry === undefined ? undefined : await openEntry(entry, range, signal)
  }
  const readIndex = async (branch: string, signal: AbortSignal): Promise<readonly Uint8Array[]> => {
    const entry = await cache.find(indexPrefix(scope, branch), signal)
    const response = entry === undefined ? undefined : await openEntry(entry, undefined, signal)
    if (response?.status === 200) return [await readConfigBody(response, PLACE)]
    await response?.discard()
    return []
  }

  return {
    name: `gha:${scope}`,
    exportTitle: 'exporting to GitHub Actions Cache',
    uploadsAtOnce: UPLOADS_AT_ONCE,
    async sizeBytes(digest, signal) {
      const response = await openBlob(digest, 'bytes=0-0', signal)
      return response === undefined ? undefined : await readTotalBytes(response, PLACE)
    },
    read: (digest, offset, signal) => readPlaceBlob({ place: PLACE, digest, offset, retries, openRange: (range) => openBlob(digest, range, signal) }, signal),
    async writeBlob(blob, signal) {
      requireWritable(attributes)
      const key = blobKey(blob.digest)
      if (await hasBlob(key, signal)) return 'present'
      return (await cache.save(key, blob, signal)) === 'saved' ? 'uploaded' : 'present'
    },
    async readConfigs(signal) {
      const found: Uint8Array[] = []
      for (const branch of branches) found.push(...(await readIndex(branch, signal)))
      return found
    },
    async writeConfig(bytes, signal) {
      await saveIndex(cache, { prefix: indexPrefix(scope, requireWritable(attributes)), blob: blobOfBytes(bytes), place: PLACE, wait: entryWait }, signal)
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}

/** What a prefix finds may be longer. */
async function findExact(cache: ActionsCache, key: string, signal: AbortSignal): Promise<ActionsCacheEntry | undefined> {
  const entry = await cache.find(key, signal)
  return entry?.key === key ? entry : undefined
}

function requireWritable({ token }: GhaAttributes): string {
  const branch = writableScope(token)
  if (branch === undefined) throw new CacheAccessDeniedError(PLACE, 'the token may not write', { hint: 'workflows of pull requests from forks may only read caches' })
  return branch
}
