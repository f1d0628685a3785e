import { digestOf, type Digest } from '../../ground/digest.ts'
import { formatReference, type Reference } from '../../ground/reference.ts'
import { TagMovedError } from '../registryError.ts'
import type { Endpoint } from './endpoint.ts'
import { manifestRequest } from './manifests/manifestRequest.ts'
import type { Requester } from './requester.ts'
import { readSmallBody, refusalOf } from './response.ts'

export interface TagGuard {
  readonly reference: Reference
  /** What the tag must name. */
  readonly expected: Digest
  /** What it is to name; it may already, where an answer was lost. */
  readonly wanted: Digest
}

/**
 * Looks at a tag just before it is moved. The headers for the request that moves it: where the registry knows conditions,
 * it looks once more itself, and there is no moment in between.
 * @throws TagMovedError
 */
export async function guardTag(requester: Requester, endpoint: Endpoint, { reference, expected, wanted }: TagGuard, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const response = await requester.send(endpoint, manifestRequest('GET', { ...reference, digest: undefined }), signal)
  if (response.status === 404) {
    await response.discard()
    throw new TagMovedError(reference, expected, undefined)
  }
  if (response.status !== 200) throw await refusalOf(response, endpoint.host, formatReference(reference))
  const current = digestOf(await readSmallBody(response, formatReference(reference)))
  if (current !== expected && current !== wanted) throw new TagMovedError(reference, expected, current)
  const etag = response.header('etag')
  return etag === undefined ? new Map() : new Map([['if-match', etag]])
}
