import { optionalString, requiredNumber } from '../../../ground/jsonValue.ts'
import { newBuffers } from '../../../kit/streams/chunkBuffers.ts'
import { inPieces } from '../../../kit/streams/inPieces.ts'
import type { CacheBlob } from '../cachePlace.ts'
import { ENTRY_VERSION, type ActionsCache } from './actionsCache.ts'
import { callService, parseGivenUrl, readAnswer, readField } from './serviceRequest.ts'
import { withSlash, type ServiceOptions } from './serviceV2.ts'

/** Each is a request that counts, and is held in memory. */
const CHUNK_BYTES = 16 * 1024 * 1024

/** The first service, which GitHub's own servers in companies and some others still have: all goes through itself. */
export function createServiceV1({ url, token, requester, limit }: ServiceOptions): ActionsCache {
  const { place } = requester
  const at = (path: string): URL => new URL(`_apis/artifactcache/${path}`, withSlash(url))

  const reserve = async (key: string, signal: AbortSignal): Promise<number | undefined> => {
    const message = { key, version: ENTRY_VERSION }
    const response = await callService(requester, { method: 'POST', url: at('caches'), message, token, answers: [409] }, signal)
    if (response.status === 409) {
      await response.discard()
      return undefined
    }
    const answer = await readAnswer(response, place)
    return readField(() => requiredNumber(answer, 'cacheId'), place)
  }

  const sendChunks = async (target: URL, blob: CacheBlob, signal: AbortSignal): Promise<void> => {
    let sentBytes = 0
    for await (const chunk of inPieces(blob.open(), newBuffers(CHUNK_BYTES))) {
      const headers = new Map([
        ['authorization', `Bearer ${token.text}`],
        ['content-type', 'application/octet-stream'],
        ['content-length', String(chunk.byteLength)],
        ['content-range', `bytes ${sentBytes}-${sentBytes + chunk.byteLength - 1}/*`],
      ])
      const request = { method: 'PATCH', url: target, headers: () => Promise.resolve(headers), openBody: () => chunk, answers: [] } as const
      const response = await limit.run(() => requester.send(request, signal), signal)
      await response.discard()
      sentBytes += chunk.byteLength
      blob.onProgress(sentBytes)
    }
  }

  return {
    async find(prefix, signal) {
      const target = at('cache')
      target.search = new URLSearchParams({ keys: prefix, version: ENTRY_VERSION }).toString()
      const response = await callService(requester, { method: 'GET', url: target, message: undefined, token, answers: [] }, signal)
      if (response.status === 204) {
        await response.discard()
        return undefined
      }
      const answer = await readAnswer(response, place)
      const key = readField(() => optionalString(answer, 'cacheKey') ?? '', place)
      return key === '' ? undefined : { key, url: parseGivenUrl(readField(() => optionalString(answer, 'archiveLocation') ?? '', place), place) }
    },
    async save(key, blob, signal) {
      const id = await reserve(key, signal)
      if (id === undefined) return 'taken'
      await sendChunks(at(`caches/${id}`), blob, signal)
      const response = await callService(requester, { method: 'POST', url: at(`caches/${id}`), message: { size: blob.sizeBytes }, token, answers: [409] }, signal)
      await response.discard() // 409: a try before this one has finished it
      return 'saved'
    },
  }
}
