import { parseMessage, readableOf, sendJson, signedUrl, writableOf, type Exchange } from './exchange.ts'
import type { BranchGrant } from './runtimeToken.ts'

interface Call {
  readonly method: string
  readonly grants: readonly BranchGrant[]
}

/** `github.actions.results.api.v1.CacheService`, as JSON. */
export function answerV2(exchange: Exchange, { method, grants }: Call): void {
  switch (method) {
    case 'GetCacheEntryDownloadURL':
      lookUp(exchange, grants)
      break
    case 'CreateCacheEntry':
      create(exchange, grants)
      break
    case 'FinalizeCacheEntryUpload':
      finish(exchange, grants)
      break
    default:
      sendJson(exchange.response, 404, { code: 'bad_route', msg: 'no such method' })
  }
}

function lookUp(exchange: Exchange, grants: readonly BranchGrant[]): void {
  const { key, version, message } = read(exchange)
  const found = exchange.entries.lookUp({ branches: readableOf(grants), version, key, prefixes: (message['restore_keys'] as readonly string[] | undefined) ?? [] })
  const answer = found === undefined ? { ok: false, signed_download_url: '', matched_key: '' } : { ok: true, signed_download_url: signedUrl(exchange, found, 'r'), matched_key: found.key }
  sendJson(exchange.response, 200, answer)
}

function create(exchange: Exchange, grants: readonly BranchGrant[]): void {
  const { response, entries } = exchange
  const branch = writableOf(grants)
  if (branch === undefined) {
    sendJson(response, 403, { code: 'permission_denied', msg: 'token has no writable scopes' })
    return
  }
  const { key, version } = read(exchange)
  const entry = entries.reserve({ key, version, branch })
  if (entry === undefined) sendJson(response, 409, { code: 'already_exists', msg: 'cache entry with the same key, version, and scope already exists' })
  else sendJson(response, 200, { ok: true, signed_upload_url: signedUrl(exchange, entry, 'cw'), message: '' })
}

function finish(exchange: Exchange, grants: readonly BranchGrant[]): void {
  const { response, entries } = exchange
  const { key, version, message } = read(exchange)
  const entry = entries.findOpen({ key, version, branch: writableOf(grants) ?? '' })
  if (entry?.content.byteLength !== Number(message['size_bytes'])) {
    sendJson(response, 200, { ok: false, entry_id: '0', message: 'the size does not match' })
    return
  }
  entry.isWhole = true
  sendJson(response, 200, { ok: true, entry_id: String(entry.id), message: '' })
}

function read(exchange: Exchange): { readonly key: string; readonly version: string; readonly message: Readonly<Record<string, unknown>> } {
  const message = parseMessage(exchange)
  return { key: String(message['key']), version: String(message['version']), message }
}
