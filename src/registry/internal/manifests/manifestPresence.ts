import type { Digest } from '../../../ground/digest.ts'
import type { Repository } from '../../registry.ts'
import { RegistryError } from '../../registryError.ts'
import { manifestRequest } from './manifestRequest.ts'
import type { Requester } from '../requester.ts'
import { pushScope } from '../scope.ts'

/** As `Registry.hasManifest`. A repository that is not there yet may be denied to who only asks, and some registries fail at HEAD: what is the matter, the push will say. */
export async function isManifestThere(requester: Requester, { host, repository }: Repository, { digest, signal }: { readonly digest: Digest; readonly signal: AbortSignal }): Promise<boolean> {
  const reference = { host, repository, tag: undefined, digest }
  const request = { ...manifestRequest('HEAD', reference), scopes: [pushScope(reference)] }
  try {
    return await requester.askOrigin(
      host,
      async (endpoint) => {
        const response = await requester.send(endpoint, request, signal)
        await response.discard()
        return response.status === 200
      },
      signal,
    )
  } catch (error) {
    if (error instanceof RegistryError) return false
    throw error
  }
}
