import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestOf, type Digest } from '../../../src/ground/digest.ts'
import { refuse, reply, storeManifest, type Answer, type Contents, type Exchange, type Route } from './fake/exchange.ts'
import { noFaults, type Faults } from './fake/faults.ts'
import { answerToken, challenge, isAdmitted } from './fake/login.ts'
import { answerBlob, answerManifest } from './fake/manifests.ts'
import { answerReferrers } from './fake/referrers.ts'
import { answerUpload } from './fake/uploads.ts'

export type { Faults, Login } from './fake/faults.ts'

/** A registry in memory, by OCI distribution-spec, that misbehaves as it is told. */
export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly host: string
  /** Changed by the test, at any time. */
  readonly faults: Faults
  /** All that came, oldest first. */
  readonly requests: readonly LoggedRequest[]
  putBlob(repository: string, bytes: Uint8Array): Digest
  putManifest(repository: string, tag: string, manifest: { mediaType: string; bytes: Uint8Array }): Digest
  /** None of the tokens that were given is good any more. */
  revokeTokens(): void
  /** What a tag or digest names; undefined where there is nothing. */
  manifest(repository: string, name: string): { readonly mediaType: string; readonly bytes: Uint8Array } | undefined
}

export interface LoggedRequest {
  readonly method: string
  /** With query. */
  readonly path: string
  readonly authorization: string | undefined
  readonly range: string | undefined
  readonly ifMatch: string | undefined
}

export async function startFakeRegistry(address = '127.0.0.1'): Promise<FakeRegistry> {
  const faults = noFaults()
  const contents: Contents = { blobs: new Map(), manifests: new Map(), uploads: new Map(), tokens: new Map() }
  const requests: LoggedRequest[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`)
    requests.push({ method: request.method ?? '', path: url.pathname + url.search, authorization: request.headers.authorization, range: request.headers.range, ifMatch: request.headers['if-match'] })
    answer({ request, url, faults, contents })
      .then((answered) => send({ request, response, faults }, answered))
      .catch(() => response.destroy()) // a client that went away
  })
  server.listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    host: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    faults,
    requests,
    putBlob(repository, bytes) {
      contents.blobs.set(`${repository}@${digestOf(bytes)}`, bytes)
      return digestOf(bytes)
    },
    putManifest(repository, tag, manifest) {
      storeManifest(contents, repository, [tag], manifest)
      return digestOf(manifest.bytes)
    },
    revokeTokens() {
      for (const token of contents.tokens.keys()) contents.tokens.set(token, Infinity)
    },
    manifest: (repository, name) => contents.manifests.get(`${repository}:${name}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(exchange: Exchange): Promise<Answer> {
  const { url, faults } = exchange
  if (url.pathname === '/token') return await answerToken(exchange)
  if (!isAdmitted(exchange)) return refuse(401, 'UNAUTHORIZED', challenge(exchange))
  if (url.pathname === '/v2/') return reply(200, {}, '{}')
  if (faults.failing.count > 0) return fail(faults)
  const [, repository = '', kind = '', id = ''] = /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs|referrers)\/([^/]*)$/.exec(url.pathname) ?? []
  return (await ROUTES.get(kind)?.(exchange, repository, id)) ?? refuse(404, 'NOT_FOUND')
}

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['manifests', answerManifest],
  ['blobs', answerBlob],
  ['blobs/uploads', answerUpload],
  ['referrers', answerReferrers],
])

function fail(faults: Faults): Answer {
  faults.failing.count -= 1
  const { status, retryAfter, headers = {}, body } = faults.failing
  const all = { ...headers, ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }) }
  return body === undefined ? refuse(status, 'UNKNOWN', all) : reply(status, all, body)
}

interface Sending {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly faults: Faults
}

function send({ request, response, faults }: Sending, { status, headers, body, dropAfterBytes }: Answer): void {
  request.resume()
  const bytes = Buffer.from(body)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (!faults.hidesLength) response.setHeader('content-length', bytes.byteLength)
  if (faults.closesConnections) response.shouldKeepAlive = false
  response.writeHead(status)
  if (request.method === 'HEAD') response.end()
  else if (dropAfterBytes === undefined || dropAfterBytes >= bytes.byteLength) response.end(bytes)
  else response.write(bytes.subarray(0, dropAfterBytes), () => response.destroy())
}
