import { BlobCorruptError } from '../content/contentStore.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import { digestOf, parseDigest, type Digest } from '../ground/digest.ts'
import { isIndexType, isManifestType, MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { formatReference, formatRepository, type Reference } from '../ground/reference.ts'
import type { HttpResponse } from '../kit/http.ts'
import type { RetryPolicy } from '../kit/retry.ts'
import { readBlob } from './internal/blobDownload.ts'
import { pushBlob } from './internal/blobUpload.ts'
import { connect, type ConnectionOptions } from './internal/connection.ts'
import type { Endpoint } from './internal/endpoint.ts'
import { fetchReferrers } from './internal/referrers.ts'
import type { Registry, Repository } from './registry.ts'
import { ImageNotFoundError, ManifestRefusedError, type RegistryError, RegistryRefusedError, UnsupportedImageError } from './registryError.ts'
import type { RegistryRequest, Requester } from './internal/requester.ts'
import { readSmallBody, refusalOf } from './internal/response.ts'
import { pullScope, pushScope } from './internal/scope.ts'

export type RegistryOptions = ConnectionOptions

/** For a few seconds of trouble; what lasts longer is told to the user. */
export const DEFAULT_RETRIES: RetryPolicy = { attempts: 5, firstDelayMs: 250, maxDelayMs: 8_000, random: Math.random }

const ACCEPT = [MEDIA_TYPE.ociIndex, MEDIA_TYPE.ociManifest, MEDIA_TYPE.dockerIndex, MEDIA_TYPE.dockerManifest, '*/*;q=0.1'].join(', ')

/** A registry's client over HTTP. Disposing it closes its connections. */
export function createRegistry(options: RegistryOptions): Registry & AsyncDisposable {
  const { requester, http, lessons } = connect(options)
  return {
    lessons,
    resolve: (reference, signal) => resolve(requester, reference, signal),
    fetchManifest: (reference, descriptor, signal) => fetchManifest(requester, reference, { descriptor, signal }),
    readBlob: (repository, descriptor, offset, signal) => readBlob(requester, { repository, descriptor, offset, retries: options.retries }, signal),
    hasBlob: (repository, digest, signal) => hasBlob(requester, repository, { digest, signal }),
    pushBlob: (repository, blob, signal) => pushBlob(requester, repository, { blob, signal }),
    pushManifest: (reference, mediaType, bytes, signal) => pushManifest(requester, { reference, mediaType, bytes }, signal),
    listReferrers: (repository, digest, signal) => fetchReferrers(requester, repository, { digest, signal }),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}

async function resolve(requester: Requester, reference: Reference, signal: AbortSignal): Promise<Descriptor> {
  const descriptor = await requester.askMirrors(
    reference.host,
    async (endpoint) => (await resolveByHead(requester, endpoint, { reference, signal })) ?? (await resolveByGet(requester, endpoint, { reference, signal })),
    signal,
  )
  const subject = formatReference(reference)
  if (/manifest\.v1\+(prettyjws|json)$/.test(descriptor.mediaType) && descriptor.mediaType.includes('docker.distribution')) {
    throw new UnsupportedImageError(subject, 'it is in the old format of Docker, schema 1', { hint: 'push the image again with a current tool' })
  }
  if (!isIndexType(descriptor.mediaType) && !isManifestType(descriptor.mediaType)) {
    throw new UnsupportedImageError(subject, `it is no image, but of the type ${JSON.stringify(descriptor.mediaType)}`)
  }
  return descriptor
}

/** Undefined where the answer leaves out what a descriptor needs, or the registry knows no HEAD. */
async function resolveByHead(requester: Requester, endpoint: Endpoint, { reference, signal }: { reference: Reference; signal: AbortSignal }): Promise<Descriptor | undefined> {
  const response = await requester.send(endpoint, manifestRequest('HEAD', reference), signal)
  await response.discard()
  if (response.status === 404) throw new ImageNotFoundError(reference)
  const [mediaType, digest, length] = [mediaTypeOf(response), response.header('docker-content-digest'), response.header('content-length')]
  if (response.status !== 200 || mediaType === undefined || digest === undefined || length === undefined) return undefined
  const told = parseDigest(digest)
  if (reference.digest !== undefined && told !== reference.digest) throw new BlobCorruptError(reference.digest, told)
  return describeBlob(mediaType, told, Number(length))
}

async function resolveByGet(requester: Requester, endpoint: Endpoint, { reference, signal }: { reference: Reference; signal: AbortSignal }): Promise<Descriptor> {
  const subject = formatReference(reference)
  const response = await requester.send(endpoint, manifestRequest('GET', reference), signal)
  if (response.status === 404) throw await notFound(response, reference)
  if (response.status !== 200) throw await refusalOf(response, endpoint.host, subject)
  const bytes = await readSmallBody(response, subject)
  const [actual, told] = [digestOf(bytes), response.header('docker-content-digest')]
  const expected = reference.digest ?? (told === undefined ? actual : parseDigest(told))
  if (actual !== expected) throw new BlobCorruptError(expected, actual)
  return describeBlob(mediaTypeOf(response) ?? '', actual, bytes.byteLength)
}

async function fetchManifest(requester: Requester, reference: Reference, { descriptor, signal }: { descriptor: Descriptor; signal: AbortSignal }): Promise<Uint8Array> {
  const { mediaType, digest } = descriptor
  const request = isIndexType(mediaType) || isManifestType(mediaType) ? manifestRequest('GET', { ...reference, digest }) : blobRequest('GET', reference, digest)
  return await requester.askMirrors(
    reference.host,
    async (endpoint) => {
      const response = await requester.send(endpoint, request, signal)
      if (response.status === 404) throw await notFound(response, { ...reference, digest })
      if (response.status !== 200) throw await refusalOf(response, endpoint.host, request.subject)
      const bytes = await readSmallBody(response, request.subject)
      const actual = digestOf(bytes)
      if (actual !== digest) throw new BlobCorruptError(digest, actual)
      return bytes
    },
    signal,
  )
}

async function hasBlob(requester: Requester, repository: Repository, { digest, signal }: { digest: Digest; signal: AbortSignal }): Promise<boolean> {
  const request = blobRequest('HEAD', repository, digest)
  return await requester.askOrigin(
    repository.host,
    async (endpoint) => {
      const response = await requester.send(endpoint, request, signal)
      await response.discard()
      return response.status === 200
    },
    signal,
  )
}

interface ManifestPush {
  readonly reference: Reference
  readonly mediaType: string
  readonly bytes: Uint8Array
}

async function pushManifest(requester: Requester, { reference, mediaType, bytes }: ManifestPush, signal: AbortSignal): Promise<void> {
  const digest = digestOf(bytes)
  const request: RegistryRequest = {
    method: 'PUT',
    target: `${reference.repository}/manifests/${reference.tag ?? digest}`,
    headers: new Map([['content-type', mediaType]]),
    openBody: () => bytes,
    subject: formatReference(reference),
    scopes: [pushScope(reference)],
  }
  await requester.askOrigin(
    reference.host,
    async (endpoint) => {
      const response = await requester.send(endpoint, request, signal)
      if (response.status >= 300) throw asManifestRefusal(await refusalOf(response, endpoint.host, request.subject), { mediaType, digest })
      await response.discard()
      const told = response.header('docker-content-digest')
      if (told !== undefined && told !== digest) throw new BlobCorruptError(digest, parseDigest(told))
    },
    signal,
  )
}

/** Statuses and codes by which registries refuse media types that they do not know. The codes say no more than that, or nothing. */
const TYPE_REFUSALS: ReadonlySet<number> = new Set([400, 405, 406, 415, 422, 501])
const TYPE_CODES: ReadonlySet<string> = new Set(['', 'MANIFEST_INVALID', 'UNSUPPORTED', 'UNSUPPORTED_MEDIA_TYPE', 'UNKNOWN'])

function asManifestRefusal(error: RegistryError, document: { readonly mediaType: string; readonly digest: Digest }): RegistryError {
  if (!(error instanceof RegistryRefusedError)) return error
  const { status, codes } = error.refusal
  const mayBeType = TYPE_REFUSALS.has(status) && codes.every((code) => TYPE_CODES.has(code))
  return mayBeType ? new ManifestRefusedError(error.subject, document, error.refusal) : error
}

function manifestRequest(method: 'GET' | 'HEAD', reference: Reference): RegistryRequest {
  return {
    method,
    target: `${reference.repository}/manifests/${reference.digest ?? reference.tag ?? 'latest'}`,
    headers: new Map([['accept', ACCEPT]]),
    openBody: undefined,
    subject: formatReference(reference),
    scopes: [pullScope(reference)],
  }
}

function blobRequest(method: 'GET' | 'HEAD', repository: Repository, digest: Digest): RegistryRequest {
  return {
    method,
    target: `${repository.repository}/blobs/${digest}`,
    headers: new Map(),
    openBody: undefined,
    subject: `${formatRepository({ ...repository, tag: undefined, digest })}@${digest}`,
    scopes: [pullScope(repository)],
  }
}

async function notFound(response: HttpResponse, reference: Reference): Promise<RegistryError> {
  await response.discard()
  return new ImageNotFoundError(reference)
}

function mediaTypeOf(response: HttpResponse): string | undefined {
  return response.header('content-type')?.split(';')[0]?.trim()
}
