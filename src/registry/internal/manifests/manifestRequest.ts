import { MEDIA_TYPE } from '../../../ground/oci/mediaType.ts'
import { formatReference, type Reference } from '../../../ground/reference.ts'
import type { RegistryRequest } from '../requester.ts'
import { pullScope } from '../scope.ts'

const ACCEPT = [MEDIA_TYPE.ociIndex, MEDIA_TYPE.ociManifest, MEDIA_TYPE.dockerIndex, MEDIA_TYPE.dockerManifest, '*/*;q=0.1'].join(', ')

/** By digest where the reference has one. */
export function manifestRequest(method: 'GET' | 'HEAD', reference: Reference): RegistryRequest {
  return {
    method,
    target: `${reference.repository}/manifests/${reference.digest ?? reference.tag ?? 'latest'}`,
    headers: new Map([['accept', ACCEPT]]),
    openBody: undefined,
    subject: formatReference(reference),
    scopes: [pullScope(reference)],
  }
}
