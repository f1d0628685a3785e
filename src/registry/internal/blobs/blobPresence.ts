import type { Digest } from '../../../ground/digest.ts'
import { formatRepository } from '../../../ground/reference.ts'
import type { Repository } from '../../registry.ts'
import { RegistryUnavailableError } from '../../registryError.ts'
import type { Endpoint } from '../endpoint.ts'
import type { RegistryRequest, Requester } from '../requester.ts'

export interface BlobQuestion {
  readonly endpoint: Endpoint
  readonly repository: Repository
  readonly digest: Digest
  readonly scope: string
}

/**
 * Whether the registry has a blob: by HEAD, and where that is not to be relied on, by a GET whose body is not read. A
 * HEAD that finds nothing is believed once GET found nothing either.
 */
export async function isBlobThere(requester: Requester, question: BlobQuestion, signal: AbortSignal): Promise<boolean> {
  const { lessons } = requester
  const { host } = question.endpoint
  if (lessons.has(host, 'blob-head-fails')) return await isFoundByGet(requester, question, signal)
  const response = await requester.send(question.endpoint, toRequest(question, 'HEAD', new Map()), signal)
  await response.discard()
  if (response.status === 200) {
    lessons.learn(host, 'blob-head-works')
    return true
  }
  if (lessons.has(host, 'blob-head-works') || lessons.has(host, 'blob-head-agrees')) return false
  const isThere = await isFoundByGet(requester, question, signal)
  lessons.learn(host, isThere || response.status !== 404 ? 'blob-head-fails' : 'blob-head-agrees')
  return isThere
}

/** Once, of a blob that was just uploaded: a HEAD that finds nothing whatever there is would have everything sent each time. */
export async function testHead(requester: Requester, question: BlobQuestion, signal: AbortSignal): Promise<void> {
  const { lessons } = requester
  const { host } = question.endpoint
  if (lessons.has(host, 'blob-head-works') || lessons.has(host, 'blob-head-fails')) return
  const response = await requester.send(question.endpoint, toRequest(question, 'HEAD', new Map()), signal)
  await response.discard()
  lessons.learn(host, response.status === 200 ? 'blob-head-works' : 'blob-head-fails')
}

/** Storage elsewhere is not asked: that it is pointed to says enough. */
async function isFoundByGet(requester: Requester, question: BlobQuestion, signal: AbortSignal): Promise<boolean> {
  const request = { ...toRequest(question, 'GET', new Map([['range', 'bytes=0-0']])), maxRedirects: 0 }
  try {
    const response = await requester.send(question.endpoint, request, signal)
    await response.discard()
    return response.status < 400 || response.status === 416 // an empty blob has no first byte
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof RegistryUnavailableError) return false // it is uploaded then, which tells more
    throw error
  }
}

function toRequest({ repository, digest, scope }: BlobQuestion, method: 'GET' | 'HEAD', headers: ReadonlyMap<string, string>): RegistryRequest {
  const subject = `${formatRepository({ ...repository, tag: undefined, digest })}@${digest}`
  return { method, target: `${repository.repository}/blobs/${digest}`, headers, openBody: undefined, subject, scopes: [scope] }
}
