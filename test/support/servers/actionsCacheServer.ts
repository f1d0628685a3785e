import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { createEntries } from './actions/entries.ts'
import { answerStorage } from './actions/azureStorage.ts'
import { sendJson, type Exchange } from './actions/exchange.ts'
import { createTokenMint, type TokenMint } from './actions/runtimeToken.ts'
import { answerV1 } from './actions/serviceV1.ts'
import { answerV2 } from './actions/serviceV2.ts'
import { startFaultyServer, type FaultyServer } from './faultyServer.ts'

/**
 * The cache service of GitHub's workflows, both versions of it, with Azure's storage behind it: tokens are checked,
 * addresses are signed and allow what they are made for, entries never change, and branches are kept apart.
 */
export interface ActionsCacheServer extends FaultyServer {
  /** The keys of all that is whole, in the order they were begun. */
  keys(): readonly string[]
  issueToken: TokenMint['issue']
  /** For the REST API, below `/api/`. */
  readonly restToken: string
  /** As one who begins to write an entry, and dies. */
  reserve(key: string, branch: string): void
  /** As GitHub does with what is old or too much. */
  forget(key: string): void
  /** What `type=gha` is followed by; the token may read and write `branch`. */
  attributes(version: 1 | 2, branch?: string): ReadonlyMap<string, string>
}

/** SHA-256 of `|go-actionscache-1.0`, of BuildKit's library. */
const BUILDKIT_VERSION = '693bb7016429d80366022f036f84856888c9f13e00145f5f6f4dce303a38d6f2'
const MAIN = 'refs/heads/main'
const REST_TOKEN = 'ghs_rest'

export async function startActionsCacheServer(): Promise<ActionsCacheServer> {
  const entries = createEntries()
  const mint = createTokenMint()
  const signature = `${randomBytes(12).toString('base64')}+/=` // has letters that a query must encode
  const read = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    answer({ request, response, url: new URL(request.url ?? '', server.url), body: await buffer(request), entries, signature }, mint)
  }
  const server = await startFaultyServer((request, response) => void read(request, response), /^GET \/storage\//)
  return {
    ...server,
    keys: () => entries.list().map(({ key }) => key),
    restToken: REST_TOKEN,
    issueToken: (grants, options) => mint.issue(grants, options),
    reserve: (key, branch) => void entries.reserve({ key, version: BUILDKIT_VERSION, branch }),
    forget(key) {
      for (const entry of entries.list()) if (entry.key === key) entry.isWhole = false
    },
    attributes: (version, branch = MAIN) => new Map([[version === 2 ? 'url_v2' : 'url', `${server.url}/`], ['token', mint.issue([{ branch, permission: 3 }])]]),
  }
}

function answer(exchange: Exchange, mint: TokenMint): void {
  const { request, response, url } = exchange
  const storage = /^\/storage\/(\d+)$/.exec(url.pathname)?.[1]
  if (storage !== undefined) {
    answerStorage(exchange, Number(storage))
    return
  }
  if (url.pathname.startsWith('/api/')) {
    answerListing(exchange)
    return
  }
  const grants = mint.grantsOf(request.headers.authorization)
  const method = /^\/twirp\/github\.actions\.results\.api\.v1\.CacheService\/(\w+)$/.exec(url.pathname)?.[1]
  const path = /^\/_apis\/artifactcache\/(.*)$/.exec(url.pathname)?.[1]
  if (grants === undefined) sendJson(response, 401, { code: 'unauthenticated', msg: 'invalid token', message: 'invalid token' })
  else if (method !== undefined && request.method === 'POST') answerV2(exchange, { method, grants })
  else if (path !== undefined) answerV1(exchange, { path, grants })
  else sendJson(response, 404, { code: 'bad_route', msg: 'no such route' })
}

/** "List GitHub Actions caches for a repository". */
function answerListing({ request, response, url, entries }: Exchange): void {
  if (request.headers.authorization !== `Bearer ${REST_TOKEN}`) {
    sendJson(response, 401, { message: 'Bad credentials' })
    return
  }
  const numberOf = (name: string): number => Number(url.searchParams.get(name))
  const found = entries.list().filter(({ key, branch }) => branch === url.searchParams.get('ref') && key.startsWith(url.searchParams.get('key') ?? ''))
  const first = (numberOf('page') - 1) * numberOf('per_page')
  sendJson(response, 200, { total_count: found.length, actions_caches: found.slice(first, first + numberOf('per_page')).map(({ id, key, branch }) => ({ id, key, ref: branch })) })
}
