import { optionalBoolean, optionalString, requiredString, type JsonObject } from '../../../ground/jsonValue.ts'
import type { Limit } from '../../../kit/limit.ts'
import { CachePlaceRefusedError } from '../cachePlaceError.ts'
import type { PlaceRequester } from '../internal/placeRequester.ts'
import { ENTRY_VERSION, type ActionsCache } from './actionsCache.ts'
import type { ActionsToken } from './actionsToken.ts'
import { uploadBlockBlob } from './azureBlocks.ts'
import { callService, parseGivenUrl, readAnswer, readField } from './serviceRequest.ts'

export interface ServiceOptions {
  readonly url: URL
  readonly token: ActionsToken
  readonly requester: PlaceRequester
  /** Pieces under way. */
  readonly limit: Limit
}

/** The service of 2025: twirp with JSON, and signed addresses of Azure's storage. */
export function createServiceV2({ url, token, requester, limit }: ServiceOptions): ActionsCache {
  const { place } = requester
  const call = async (method: string, message: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<JsonObject | 'conflict'> => {
    const target = new URL(`twirp/github.actions.results.api.v1.CacheService/${method}`, withSlash(url))
    const response = await callService(requester, { method: 'POST', url: target, message: { ...message, version: ENTRY_VERSION }, token, answers: [409] }, signal)
    if (response.status !== 409) return await readAnswer(response, place)
    await response.discard()
    return 'conflict'
  }

  return {
    async find(prefix, signal) {
      const answer = await call('GetCacheEntryDownloadURL', { key: prefix, restore_keys: [prefix] }, signal)
      if (answer === 'conflict' || !isOk(answer, place)) return undefined
      return { key: readField(() => requiredString(answer, 'matched_key'), place), url: parseGivenUrl(readField(() => requiredString(answer, 'signed_download_url'), place), place) }
    },
    async save(key, blob, signal) {
      const reserved = await call('CreateCacheEntry', { key }, signal)
      if (reserved === 'conflict') return 'taken'
      requireOk(reserved, place)
      await uploadBlockBlob(requester, { url: parseGivenUrl(readField(() => requiredString(reserved, 'signed_upload_url'), place), place), blob, limit }, signal)
      const done = await call('FinalizeCacheEntryUpload', { key, size_bytes: blob.sizeBytes }, signal)
      if (done !== 'conflict') requireOk(done, place) // a try before this one has finished it
      return 'saved'
    },
  }
}

function isOk(answer: JsonObject, place: string): boolean {
  return readField(() => optionalBoolean(answer, 'ok') ?? false, place)
}

function requireOk(answer: JsonObject, place: string): void {
  if (isOk(answer, place)) return
  const message = readField(() => optionalString(answer, 'message') ?? '', place)
  throw new CachePlaceRefusedError(place, 200, `it does not take the entry${message === '' ? '' : ` (${message})`}`)
}

/** A path is resolved against a folder. */
export function withSlash(url: URL): URL {
  return url.pathname.endsWith('/') ? url : new URL(`${url.href}/`)
}
