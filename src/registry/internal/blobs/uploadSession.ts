import { BlobCorruptError } from '../../../content/contentStore.ts'
import type { HttpResponse } from '../../../kit/http.ts'
import type { Repository, UploadBlob } from '../../registry.ts'
import { AuthenticationError, RegistryRefusedError, RegistryUnavailableError } from '../../registryError.ts'
import { isBlobThere } from './blobPresence.ts'
import type { Endpoint } from '../endpoint.ts'
import { digestHeader } from '../manifests/manifestFetch.ts'
import type { RegistryRequest, Requester } from '../requester.ts'
import { refusalOf } from '../response.ts'
import { pullScope, pushScope } from '../scope.ts'

/** Where one upload goes. */
export interface UploadPlace {
  readonly requester: Requester
  readonly endpoint: Endpoint
  readonly repository: Repository
  readonly subject: string
  readonly signal: AbortSignal
}

/** What one upload works with. */
export interface Upload extends UploadPlace {
  readonly blob: UploadBlob
  /** What failed for a moment only is tried again in the plainest way. */
  readonly isFirstTry: boolean
}

/** Where to send to. */
export interface UploadSession {
  readonly location: URL
  /** The registry wants no smaller chunks, but for the last; 0 where it does not say. */
  readonly minChunkBytes: number
}

/** OCI distribution-spec, "Pushing blobs". @throws RegistryError */
export async function startSession(upload: UploadPlace): Promise<UploadSession> {
  const response = await send(upload, { method: 'POST', target: uploadsOf(upload), headers: EMPTY_BODY })
  if (response.status >= 300) throw await refusalOf(response, upload.endpoint.host, upload.subject)
  return await readSession(upload, response)
}

/** What came of the wish to mount; undefined where nothing did. */
export type MountOutcome = { readonly kind: 'mounted' } | { readonly kind: 'session'; readonly session: UploadSession } | undefined

/** Asks for the blob of the repository that may have it. A registry that refuses mounts, or this one, is none the worse for it. */
export async function mountBlob(upload: Upload): Promise<MountOutcome> {
  const { blob, endpoint, repository, requester, signal } = upload
  const from = blob.mountFrom?.host === repository.host ? blob.mountFrom : undefined
  if (from === undefined || requester.lessons.has(endpoint.host, 'refuses-mounts')) return undefined
  const response = await askToMount(upload, from)
  if (response === undefined) return undefined
  if (response.status === 202 || isSession(response)) return { kind: 'session', session: await readSession(upload, response) }
  await response.discard()
  if (MOUNT_REFUSALS.has(response.status)) requester.lessons.learn(endpoint.host, 'refuses-mounts')
  if (response.status >= 300) return undefined
  // it may have mounted, and not have said so as it should
  const isMounted = response.status === 201 || (await isBlobThere(requester, { endpoint, repository, digest: blob.descriptor.digest, scope: pushScope(repository) }, signal))
  return isMounted ? { kind: 'mounted' } : undefined
}

/** Told by where it points to, since some answer 200 or 204 to all that went well. */
function isSession(response: HttpResponse): boolean {
  return response.status !== 201 && response.status < 300 && response.header('location')?.includes('/uploads/') === true
}

/** What a registry answers that knows no mounts; 404 may as well be about the other repository. */
const MOUNT_REFUSALS: ReadonlySet<number> = new Set([400, 405, 501])

/** Undefined where the user may not read the other repository: no reason not to upload. */
async function askToMount(upload: Upload, from: Repository): Promise<HttpResponse | undefined> {
  const query = new URLSearchParams({ mount: upload.blob.descriptor.digest, from: from.repository })
  try {
    return await send(upload, { method: 'POST', target: `${uploadsOf(upload)}?${query.toString()}`, headers: EMPTY_BODY, scopes: [pullScope(from)] })
  } catch (error) {
    if (error instanceof AuthenticationError) return undefined
    throw error
  }
}

/** Chunks are held in memory, whatever the registry wants. */
const MOST_CHUNK_BYTES = 64 * 1024 * 1024

/** The session that an answer to one of its requests names. @throws RegistryError */
export async function readSession({ endpoint, subject }: UploadPlace, response: HttpResponse): Promise<UploadSession> {
  const location = response.header('location')
  if (response.status >= 300) throw asLost(await refusalOf(response, endpoint.host, subject), subject)
  await response.discard()
  if (location === undefined) throw new RegistryRefusedError(subject, { status: response.status, codes: [], detail: 'it named no place to upload to' })
  const minChunkBytes = Number(response.header('oci-chunk-min-length') ?? 0)
  return { location: new URL(location, response.url), minChunkBytes: minChunkBytes > 0 ? Math.min(minChunkBytes, MOST_CHUNK_BYTES) : 0 }
}

/** Takes in the answer to the request that ends an upload. @throws BlobCorruptError; RegistryError */
export async function finishUpload({ endpoint, subject, blob, repository, requester, signal }: UploadPlace & { readonly blob: Pick<UploadBlob, 'descriptor'> }, response: HttpResponse): Promise<void> {
  if (response.status >= 300) throw asLost(await refusalOf(response, endpoint.host, subject), subject)
  await response.discard()
  const { digest } = blob.descriptor
  const told = digestHeader(response)
  if (told === undefined || told === digest) return
  if (!(await isBlobThere(requester, { endpoint, repository, digest, scope: pushScope(repository) }, signal))) throw new BlobCorruptError(digest, told)
  requester.lessons.learn(endpoint.host, 'wrong-digest-header')
}

/** A session that the registry forgot, or whose parts it lost count of, is no reason to give up: there are others. */
function asLost(error: Error, subject: string): Error {
  if (!(error instanceof RegistryRefusedError) || (error.refusal.status !== 404 && error.refusal.status !== 416)) return error
  if (error.refusal.codes.some((code) => code.startsWith('NAME_'))) return error
  return new RegistryUnavailableError(subject, 'the registry lost the upload', { isTransient: true, cause: error })
}

export function withDigest(location: URL, { descriptor }: Pick<UploadBlob, 'descriptor'>): URL {
  const url = new URL(location)
  url.searchParams.set('digest', descriptor.digest)
  return url
}

export function uploadsOf({ repository }: UploadPlace): string {
  return `${repository.repository}/blobs/uploads/`
}

export const EMPTY_BODY: ReadonlyMap<string, string> = new Map([['content-length', '0']])

type Part = Pick<RegistryRequest, 'method' | 'target' | 'headers'> & Partial<Pick<RegistryRequest, 'openBody' | 'scopes'>>

export async function send({ requester, endpoint, repository, subject, signal }: UploadPlace, { method, target, headers, openBody, scopes = [] }: Part): Promise<HttpResponse> {
  return await requester.send(endpoint, { method, target, headers, openBody, subject, scopes: [pushScope(repository), ...scopes] }, signal)
}
