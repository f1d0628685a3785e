import { BlobCorruptError } from '../../content/contentStore.ts'
import { parseDigest } from '../../ground/digest.ts'
import type { HttpResponse } from '../../kit/http.ts'
import type { Endpoint } from './endpoint.ts'
import type { Repository, UploadBlob, UploadOutcome } from '../registry.ts'
import { RegistryRefusedError } from '../registryError.ts'
import type { RegistryRequest, Requester } from './requester.ts'
import { refusalOf } from './response.ts'
import { pullScope, pushScope } from './scope.ts'

interface Upload {
  readonly blob: UploadBlob
  readonly signal: AbortSignal
}

/** One upload under way, as OCI distribution-spec, "Pushing blobs", has it. */
interface Session extends Upload {
  readonly requester: Requester
  readonly endpoint: Endpoint
  readonly repository: Repository
  readonly subject: string
}

/** A proxy's limit for one request is rarely below this (Cloudflare has 100 MB); S3 takes no smaller parts than 5 MiB. */
const CHUNK_BYTES = 16 * 1024 * 1024

/** A try that fails is begun anew with a session of its own. */
export async function pushBlob(requester: Requester, repository: Repository, upload: Upload): Promise<UploadOutcome> {
  const subject = `${repository.host}/${repository.repository}@${upload.blob.descriptor.digest}`
  return await requester.askOrigin(repository.host, (endpoint) => pushOnce({ ...upload, requester, endpoint, repository, subject }), upload.signal)
}

async function pushOnce(session: Session): Promise<UploadOutcome> {
  if (await isPresent(session)) return 'present'
  const location = await start(session)
  if (location === undefined) return 'mounted'
  try {
    await putWhole(session, location)
  } catch (error) {
    if (!(error instanceof RegistryRefusedError) || error.refusal.status !== 413) throw error
    await putInChunks(session) // too much for one request, says a proxy before the registry
  }
  return 'uploaded'
}

async function isPresent(session: Session): Promise<boolean> {
  const { repository, blob, requester, endpoint, signal } = session
  const request = toRequest(session, { method: 'HEAD', target: `${repository.repository}/blobs/${blob.descriptor.digest}` })
  const response = await requester.send(endpoint, request, signal)
  await response.discard()
  return response.status === 200
}

/** Where to upload to; undefined where the blob was mounted instead. */
async function start(session: Session): Promise<URL | undefined> {
  const { repository, blob, requester, endpoint, signal } = session
  const from = blob.mountFrom?.host === repository.host ? blob.mountFrom : undefined
  const query = from === undefined ? '' : `?${new URLSearchParams({ mount: blob.descriptor.digest, from: from.repository }).toString()}`
  const target = `${repository.repository}/blobs/uploads/${query}`
  const mayRead = from === undefined ? [] : [pullScope(from)]
  const request = toRequest(session, { method: 'POST', target, headers: new Map([['content-length', '0']]), scopes: mayRead })
  const response = await requester.send(endpoint, request, signal)
  if (response.status === 201 && from !== undefined) {
    await response.discard()
    return undefined
  }
  return await nextLocation(session, response)
}

async function putWhole(session: Session, location: URL): Promise<void> {
  const { blob, requester, endpoint, signal } = session
  const body = countedBody(blob)
  const headers = new Map([['content-type', 'application/octet-stream'], ['content-length', String(blob.descriptor.sizeBytes)]])
  const request = toRequest(session, { method: 'PUT', target: withDigest(location, blob), headers, openBody: body.open })
  const response = await requester.send(endpoint, request, signal).catch((error: unknown) => {
    throw body.failure() ?? error // what failed on our side is not the registry's fault
  })
  await finish(session, response)
}

async function putInChunks(session: Session): Promise<void> {
  const { blob, requester, endpoint, signal } = session
  let location = await start({ ...session, blob: { ...blob, mountFrom: undefined } })
  let sentBytes = 0
  for await (const chunk of inChunks(blob.open(), CHUNK_BYTES)) {
    if (location === undefined) break
    const end = sentBytes + chunk.byteLength - 1
    const headers = new Map([['content-type', 'application/octet-stream'], ['content-length', String(chunk.byteLength)], ['content-range', `${sentBytes}-${end}`]])
    const response = await requester.send(endpoint, toRequest(session, { method: 'PATCH', target: location, headers, openBody: () => chunk }), signal)
    location = await nextLocation(session, response)
    sentBytes += chunk.byteLength
    blob.onProgress(sentBytes)
  }
  if (location === undefined) return
  const request = toRequest(session, { method: 'PUT', target: withDigest(location, blob), headers: new Map([['content-length', '0']]) })
  await finish(session, await requester.send(endpoint, request, signal))
}

async function nextLocation({ endpoint, subject }: Session, response: HttpResponse): Promise<URL> {
  const location = response.header('location')
  if (response.status >= 300 || location === undefined) throw await refusalOf(response, endpoint.host, subject)
  await response.discard()
  return new URL(location, response.url)
}

async function finish({ endpoint, subject, blob }: Session, response: HttpResponse): Promise<void> {
  if (response.status >= 300) throw await refusalOf(response, endpoint.host, subject)
  await response.discard()
  const told = response.header('docker-content-digest')
  if (told !== undefined && told !== blob.descriptor.digest) throw new BlobCorruptError(blob.descriptor.digest, parseDigest(told))
}

function withDigest(location: URL, { descriptor }: UploadBlob): URL {
  const url = new URL(location)
  url.searchParams.set('digest', descriptor.digest)
  return url
}

type Part = Pick<RegistryRequest, 'method' | 'target'> & Partial<Pick<RegistryRequest, 'headers' | 'openBody' | 'scopes'>>

function toRequest({ repository, subject }: Session, { method, target, headers = new Map(), openBody, scopes = [] }: Part): RegistryRequest {
  return { method, target, headers, openBody, subject, scopes: [pushScope(repository), ...scopes] }
}

/** The blob's bytes, told to `onProgress` as they go. */
function countedBody(blob: UploadBlob): { open: () => AsyncIterable<Uint8Array>; failure: () => unknown } {
  let failure: unknown
  async function* count(): AsyncGenerator<Uint8Array> {
    let sentBytes = 0
    try {
      for await (const chunk of blob.open()) {
        yield chunk
        sentBytes += chunk.byteLength
        blob.onProgress(sentBytes)
      }
    } catch (error) {
      failure = error
      throw error
    }
  }
  return { open: count, failure: () => failure }
}

async function* inChunks(bytes: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  let heldBytes = 0
  for await (const piece of bytes) {
    for (let rest = piece; rest.byteLength > 0; ) {
      const part = rest.subarray(0, sizeBytes - heldBytes)
      parts.push(part)
      heldBytes += part.byteLength
      rest = rest.subarray(part.byteLength)
      if (heldBytes < sizeBytes) continue
      yield Buffer.concat(parts)
      parts = []
      heldBytes = 0
    }
  }
  if (heldBytes > 0) yield Buffer.concat(parts)
}
