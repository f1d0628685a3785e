import type { Entry } from './entries.ts'
import { parseMessage, readableOf, sendJson, signedUrl, writableOf, type Exchange } from './exchange.ts'
import type { BranchGrant } from './runtimeToken.ts'

interface Call {
  /** Behind `_apis/artifactcache/`. */
  readonly path: string
  readonly grants: readonly BranchGrant[]
}

export function answerV1(exchange: Exchange, { path, grants }: Call): void {
  const { request, response } = exchange
  const branch = writableOf(grants)
  if (request.method === 'GET' && path === 'cache') lookUp(exchange, grants)
  else if (branch === undefined) sendJson(response, 403, { typeKey: 'AccessDeniedException', message: 'no write access' })
  else if (request.method === 'POST' && path === 'caches') reserve(exchange, branch)
  else change(exchange, Number(/^caches\/(\d+)$/.exec(path)?.[1] ?? 0))
}

function lookUp(exchange: Exchange, grants: readonly BranchGrant[]): void {
  const { response, url, entries } = exchange
  const prefixes = (url.searchParams.get('keys') ?? '').split(',')
  const found = entries.lookUp({ branches: readableOf(grants), version: url.searchParams.get('version') ?? '', key: prefixes[0] ?? '', prefixes })
  if (found === undefined) response.writeHead(204).end()
  else sendJson(response, 200, { cacheKey: found.key, scope: found.branch, archiveLocation: signedUrl(exchange, found, 'r') })
}

function reserve(exchange: Exchange, branch: string): void {
  const message = parseMessage(exchange)
  const entry = exchange.entries.reserve({ key: String(message['key']), version: String(message['version']), branch })
  if (entry === undefined) sendJson(exchange.response, 409, { typeKey: 'ArtifactCacheItemAlreadyExistsException', message: 'Cache already exists.' })
  else sendJson(exchange.response, 201, { cacheId: entry.id })
}

function change(exchange: Exchange, id: number): void {
  const { request, response, entries } = exchange
  const entry = entries.find(id)
  if (entry === undefined || entry.isWhole) sendJson(response, 404, { typeKey: 'NotFoundException', message: 'no such cache' })
  else if (request.method === 'PATCH') takeChunk(exchange, entry)
  else if (request.method === 'POST') finish(exchange, entry)
  else sendJson(response, 405, {})
}

function takeChunk({ request, response, body }: Exchange, entry: Entry): void {
  const [, first = '', last = ''] = /^bytes (\d+)-(\d+)\/\*$/.exec(request.headers['content-range'] ?? '') ?? []
  if (first === '' || Number(last) - Number(first) + 1 !== body.byteLength) {
    sendJson(response, 400, { message: 'the range does not fit' })
    return
  }
  const content = Buffer.alloc(Math.max(entry.content.byteLength, Number(last) + 1))
  entry.content.copy(content)
  body.copy(content, Number(first))
  entry.content = content
  response.writeHead(204).end()
}

function finish(exchange: Exchange, entry: Entry): void {
  if (entry.content.byteLength !== parseMessage(exchange)['size']) {
    sendJson(exchange.response, 400, { typeKey: 'BadRequest', message: 'the size does not match' })
    return
  }
  entry.isWhole = true
  exchange.response.writeHead(204).end()
}
