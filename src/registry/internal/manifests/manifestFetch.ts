import { BlobCorruptError } from '../../../content/contentStore.ts'
import { digestOf, parseDigest, type Digest } from '../../../ground/digest.ts'
import { InvalidValueError } from '../../../ground/errors.ts'
import { describeBlob, type Descriptor } from '../../../ground/oci/descriptor.ts'
import { isIndexType, isManifestType } from '../../../ground/oci/mediaType.ts'
import { formatReference, formatRepository, type Reference } from '../../../ground/reference.ts'
import type { HttpResponse } from '../../../kit/http.ts'
import { ImageNotFoundError, UnsupportedImageError, WrongDigestHeaderError } from '../../registryError.ts'
import type { Endpoint } from '../endpoint.ts'
import { manifestRequest } from './manifestRequest.ts'
import { contentTypeOf, isDocumentType, manifestTypeOf } from './manifestType.ts'
import type { RegistryRequest, Requester } from '../requester.ts'
import { readSmallBody, refusalOf } from '../response.ts'
import { pullScope } from '../scope.ts'

/** As `Registry.resolve`. By HEAD, which brings no bytes and counts less towards limits, and by GET where that is not enough. */
export async function resolveManifest(requester: Requester, reference: Reference, signal: AbortSignal): Promise<Descriptor> {
  const attempt = async (endpoint: Endpoint): Promise<Descriptor> => (await resolveByHead(requester, endpoint, { reference, signal })) ?? (await resolveByGet(requester, endpoint, { reference, signal }))
  const descriptor = await requester.askMirrors(reference.host, attempt, signal)
  const subject = formatReference(reference)
  if (/manifest\.v1\+(prettyjws|json)$/.test(descriptor.mediaType) && descriptor.mediaType.includes('docker.distribution')) {
    throw new UnsupportedImageError(subject, 'it is in the old format of Docker, schema 1', { hint: 'push the image again with a current tool' })
  }
  if (!isDocumentType(descriptor.mediaType)) throw new UnsupportedImageError(subject, `it is no image, but of the type ${JSON.stringify(descriptor.mediaType)}`)
  return descriptor
}

interface Wanted {
  readonly reference: Reference
  readonly signal: AbortSignal
}

/** Undefined where the answer leaves out what a descriptor needs, or is not to be believed. */
async function resolveByHead(requester: Requester, endpoint: Endpoint, { reference, signal }: Wanted): Promise<Descriptor | undefined> {
  const { lessons } = requester
  if (lessons.has(endpoint.host, 'manifest-head-fails') || lessons.has(endpoint.host, 'wrong-digest-header')) return undefined
  const response = await requester.send(endpoint, manifestRequest('HEAD', reference), signal)
  await response.discard()
  if (response.status === 404 && lessons.has(endpoint.host, 'manifest-head-works')) throw new ImageNotFoundError(reference)
  if (response.status !== 200) return undefined
  lessons.learn(endpoint.host, 'manifest-head-works')
  const [mediaType, digest, length] = [contentTypeOf(response), digestHeader(response), response.header('content-length')]
  if (!isDocumentType(mediaType) || digest === undefined || length === undefined) return undefined
  if (reference.digest !== undefined && digest !== reference.digest) return undefined
  return describeBlob(mediaType, digest, Number(length))
}

async function resolveByGet(requester: Requester, endpoint: Endpoint, { reference, signal }: Wanted): Promise<Descriptor> {
  const { lessons } = requester
  const response = await requester.send(endpoint, manifestRequest('GET', reference), signal)
  if (response.status === 404) throw await notFound(response, reference)
  const { mediaType, bytes } = await readManifest(response, endpoint, formatReference(reference))
  if (!lessons.has(endpoint.host, 'manifest-head-works')) lessons.learn(endpoint.host, 'manifest-head-fails')
  const actual = digestOf(bytes)
  const told = digestHeader(response)
  if (reference.digest !== undefined && actual !== reference.digest) throw new BlobCorruptError(reference.digest, actual)
  if (told !== undefined && told !== actual && !lessons.has(endpoint.host, 'wrong-digest-header')) {
    if (reference.digest === undefined && !(await hasManifest(requester, endpoint, { reference: { ...reference, digest: actual }, signal }))) throw new BlobCorruptError(told, actual)
    lessons.learn(endpoint.host, 'wrong-digest-header')
  }
  return describeBlob(mediaType, actual, bytes.byteLength)
}

/** Whether the very bytes of its digest can be had: what proves that a header was wrong, and not the bytes. */
export async function hasManifest(requester: Requester, endpoint: Endpoint, { reference, signal }: { readonly reference: Reference & { readonly digest: Digest }; readonly signal: AbortSignal }): Promise<boolean> {
  const request = manifestRequest('GET', reference)
  const response = await requester.send(endpoint, request, signal)
  if (response.status === 200) return digestOf(await readSmallBody(response, request.subject)) === reference.digest
  await response.discard()
  return false
}

/** As `Registry.fetchManifest`. */
export async function fetchManifest(requester: Requester, reference: Reference, { descriptor, signal }: { readonly descriptor: Descriptor; readonly signal: AbortSignal }): Promise<Uint8Array> {
  const { mediaType, digest } = descriptor
  const request = isIndexType(mediaType) || isManifestType(mediaType) ? manifestRequest('GET', { ...reference, digest }) : configRequest(reference, digest)
  const attempt = async (endpoint: Endpoint): Promise<Uint8Array> => {
    const response = await requester.send(endpoint, request, signal)
    if (response.status === 404) {
      await assertTagIsNotAnother(requester, endpoint, { reference, digest, signal })
      throw await notFound(response, { ...reference, digest })
    }
    if (response.status !== 200) throw await refusalOf(response, endpoint.host, request.subject)
    const bytes = await readSmallBody(response, request.subject)
    const actual = digestOf(bytes)
    if (actual !== digest) throw new BlobCorruptError(digest, actual)
    return bytes
  }
  return await requester.askMirrors(reference.host, attempt, signal)
}

/** Where a tag's digest cannot be had, the header that told it may have been wrong. @throws WrongDigestHeaderError */
async function assertTagIsNotAnother(requester: Requester, endpoint: Endpoint, { reference, digest, signal }: Wanted & { readonly digest: Digest }): Promise<void> {
  if (reference.tag === undefined || reference.digest !== undefined || requester.lessons.has(endpoint.host, 'wrong-digest-header')) return
  const response = await requester.send(endpoint, manifestRequest('GET', reference), signal)
  const told = digestHeader(response)
  const actual = response.status === 200 ? digestOf(await readSmallBody(response, formatReference(reference))) : undefined
  if (actual === undefined || told !== digest || actual === digest) return
  requester.lessons.learn(endpoint.host, 'wrong-digest-header')
  throw new WrongDigestHeaderError(formatReference(reference), told, actual)
}

async function readManifest(response: HttpResponse, endpoint: Endpoint, subject: string): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }> {
  if (response.status !== 200) throw await refusalOf(response, endpoint.host, subject)
  const bytes = await readSmallBody(response, subject)
  return { mediaType: manifestTypeOf(contentTypeOf(response), bytes), bytes }
}

/** Undefined where it is missing, or is no digest. */
export function digestHeader(response: HttpResponse): Digest | undefined {
  try {
    return parseDigest(response.header('docker-content-digest')?.trim() ?? '')
  } catch (error) {
    if (error instanceof InvalidValueError) return undefined
    throw error
  }
}

function configRequest(reference: Reference, digest: Digest): RegistryRequest {
  return {
    method: 'GET',
    target: `${reference.repository}/blobs/${digest}`,
    headers: new Map(),
    openBody: undefined,
    subject: `${formatRepository(reference)}@${digest}`,
    scopes: [pullScope(reference)],
  }
}

async function notFound(response: HttpResponse, reference: Reference): Promise<ImageNotFoundError> {
  await response.discard()
  return new ImageNotFoundError(reference)
}
