import { createHttpClient, proxyFrom } from '../kit/http.ts'
import type { OpenCachePlace } from '../registry/cacheplace/cachePlace.ts'
import { createCachePlace } from '../registry/cacheplace/createCachePlace.ts'
import { createCredentialChain } from '../registry/cacheplace/s3/credentials/credentialChain.ts'
import { DEFAULT_RETRIES } from '../registry/registryClient.ts'

export interface CachePlacesOptions {
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/** Caches' places as this engine reaches them; where a client sends no credentials of AWS, the engine's own are used, as BuildKit does. */
export function createCachePlaces({ version, env, home }: CachePlacesOptions): { readonly open: OpenCachePlace } & AsyncDisposable {
  const userAgent = `pelago/${version} (linux; ${process.arch})`
  const http = createHttpClient({ userAgent, connectionsPerOrigin: 1, proxy: { ...proxyFrom(env), http: '' } }) // what is asked without TLS is on this machine, or next to it
  const awsCredentials = createCredentialChain({ env, home, http, asksInstance: true, now: Date.now })
  return {
    open: (type, attributes) => createCachePlace(type, attributes, { userAgent, proxy: proxyFrom(env), retries: DEFAULT_RETRIES, awsCredentials, now: Date.now }),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
