import { homedir } from 'node:os'
import type { CacheRequest } from '../../driver/driver.ts'
import { createHttpClient, proxyFrom } from '../../kit/http.ts'
import { completeCacheAttributes, withAwsCredentials } from '../../registry/cacheplace/completeCacheAttributes.ts'
import { createCredentialChain } from '../../registry/cacheplace/s3/credentials/credentialChain.ts'

export interface CompletedCaches {
  readonly requests: readonly CacheRequest[]
  /** Why some are left out. */
  readonly notices: readonly string[]
}

/** What this client's environment knows of caches, and no engine does: tokens, addresses, keys. @throws AwsCredentialsError */
export async function completeCaches(requests: readonly CacheRequest[], env: Readonly<NodeJS.ProcessEnv>, signal: AbortSignal): Promise<CompletedCaches> {
  const completed: CacheRequest[] = []
  const notices = new Set<string>()
  for (const { type, attributes } of requests) {
    const known = completeCacheAttributes(type, attributes, env)
    if (known.kind === 'inactive') notices.add(`note: the cache of type=${type} is left out, since ${known.reason}; ${known.hint}`)
    else completed.push({ type, attributes: type === 's3' ? await withKeys(known.attributes, env, signal) : known.attributes })
  }
  return { requests: completed, notices: [...notices] }
}

/** A machine of EC2 is asked by the engine, which may be elsewhere. */
async function withKeys(attributes: ReadonlyMap<string, string>, env: Readonly<NodeJS.ProcessEnv>, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  await using http = createHttpClient({ userAgent: 'pelago', connectionsPerOrigin: 1, proxy: { ...proxyFrom(env), http: '' } })
  const source = createCredentialChain({ env, home: env['HOME'] ?? homedir(), http, asksInstance: false, now: Date.now })
  return await withAwsCredentials('s3', attributes, source, signal)
}
