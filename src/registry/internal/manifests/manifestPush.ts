import { BlobCorruptError } from '../../../content/contentStore.ts'
import { digestOf, type Digest } from '../../../ground/digest.ts'
import { formatReference, type Reference } from '../../../ground/reference.ts'
import { ManifestIncompleteError, ManifestRefusedError, type RegistryError, RegistryRefusedError, TagMovedError } from '../../registryError.ts'
import type { Endpoint } from '../endpoint.ts'
import { digestHeader, hasManifest } from './manifestFetch.ts'
import type { RegistryRequest, Requester } from '../requester.ts'
import { refusalOf } from '../response.ts'
import { pushScope } from '../scope.ts'
import { guardTag } from '../tagGuard.ts'

export interface ManifestPush {
  readonly reference: Reference
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** What the tag must name; undefined where that does not matter. */
  readonly replaces: Digest | undefined
}

/** As `Registry.pushManifest` and `replaceManifest`. Where the registry tells another digest than that of what was sent, it is looked up whether it kept that. */
export async function pushManifest(requester: Requester, { reference, mediaType, bytes, replaces }: ManifestPush, signal: AbortSignal): Promise<void> {
  const digest = digestOf(bytes)
  const request: RegistryRequest = {
    method: 'PUT',
    target: `${reference.repository}/manifests/${reference.tag ?? digest}`,
    headers: new Map([['content-type', mediaType]]),
    openBody: () => bytes,
    subject: formatReference(reference),
    scopes: [pushScope(reference)],
  }
  const attempt = async (endpoint: Endpoint): Promise<void> => {
    const conditions = replaces === undefined ? [] : await guardTag(requester, endpoint, { reference, expected: replaces, wanted: digest }, signal)
    const response = await requester.send(endpoint, { ...request, headers: new Map([...request.headers, ...conditions]) }, signal)
    if (response.status === 412 && replaces !== undefined) throw new TagMovedError(reference, replaces, 'another image')
    if (response.status >= 300) throw asManifestRefusal(await refusalOf(response, endpoint.host, request.subject), { mediaType, digest })
    await response.discard()
    const told = digestHeader(response)
    if (told === undefined || told === digest) return
    if (!(await hasManifest(requester, endpoint, { reference: { ...reference, digest }, signal }))) throw new BlobCorruptError(digest, told)
    requester.lessons.learn(endpoint.host, 'wrong-digest-header')
  }
  await requester.askOrigin(reference.host, attempt, signal)
}

/** Statuses and codes by which registries refuse media types that they do not know. The codes say no more than that, or nothing. */
const TYPE_REFUSALS: ReadonlySet<number> = new Set([400, 405, 406, 415, 422, 501])
const TYPE_CODES: ReadonlySet<string> = new Set(['', 'MANIFEST_INVALID', 'UNSUPPORTED', 'UNSUPPORTED_MEDIA_TYPE', 'UNKNOWN'])

function asManifestRefusal(error: RegistryError, document: { readonly mediaType: string; readonly digest: Digest }): RegistryError {
  if (!(error instanceof RegistryRefusedError)) return error
  const { status, codes } = error.refusal
  if (codes.includes('MANIFEST_BLOB_UNKNOWN')) return new ManifestIncompleteError(error.subject, error.refusal)
  const mayBeType = TYPE_REFUSALS.has(status) && codes.every((code) => TYPE_CODES.has(code))
  return mayBeType ? new ManifestRefusedError(error.subject, document, error.refusal) : error
}
