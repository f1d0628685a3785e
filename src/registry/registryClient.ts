import type { RetryPolicy } from '../kit/retry.ts'
import { readBlob } from './internal/blobs/blobDownload.ts'
import { isBlobThere } from './internal/blobs/blobPresence.ts'
import { beginBlob } from './internal/blobs/begunBlob.ts'
import { pushBlob } from './internal/blobs/blobUpload.ts'
import { connect, type ConnectionOptions } from './internal/connection.ts'
import { fetchManifest, resolveManifest } from './internal/manifests/manifestFetch.ts'
import { isManifestThere } from './internal/manifests/manifestPresence.ts'
import { pushManifest } from './internal/manifests/manifestPush.ts'
import { fetchReferrers } from './internal/referrers.ts'
import { pullScope } from './internal/scope.ts'
import type { Registry } from './registry.ts'

export type RegistryOptions = ConnectionOptions

/** For a few seconds of trouble; what lasts longer is told to the user. */
export const DEFAULT_RETRIES: RetryPolicy = { attempts: 5, firstDelayMs: 250, maxDelayMs: 8_000, random: Math.random }

/** A registry's client over HTTP. Disposing it closes the connections that are its own. */
export function createRegistry(options: RegistryOptions): Registry & AsyncDisposable {
  const connection = connect(options)
  const { requester, lessons, waits } = connection
  return {
    lessons,
    resolve: (reference, signal) => resolveManifest(requester, reference, signal),
    fetchManifest: (reference, descriptor, signal) => fetchManifest(requester, reference, { descriptor, signal }),
    readBlob: (repository, blob, offset, signal) => readBlob(requester, { repository, blob, offset, retries: options.retries }, signal),
    hasBlob: (repository, digest, signal) =>
      requester.askOrigin(repository.host, (endpoint) => isBlobThere(requester, { endpoint, repository, digest, scope: pullScope(repository) }, signal), signal),
    pushBlob: (repository, blob, signal) => pushBlob(requester, repository, { blob, signal }),
    beginBlob: (repository, open, signal) => beginBlob(requester, repository, { open, signal }),
    pushManifest: (reference, mediaType, bytes, signal) => pushManifest(requester, { reference, mediaType, bytes, replaces: undefined }, signal),
    hasManifest: (repository, digest, signal) => isManifestThere(requester, repository, { digest, signal }),
    replaceManifest: (reference, replacement, signal) => pushManifest(requester, { reference, ...replacement }, signal),
    listReferrers: (repository, digest, signal) => fetchReferrers(requester, repository, { digest, signal }),
    watchWaits: (listener) => waits.watch(listener),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
