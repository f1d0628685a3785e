import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestOf, parseDigest, type Digest } from '../../src/ground/digest.ts'

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
}

export interface Faults {
  /** Each answer with a blob ends after so many bytes, by a broken connection. */
  dropAfterBytes: number | undefined
  /** So many of the next requests for manifests and blobs are answered by a status. */
  failing: { count: number; status: number; retryAfter: string | undefined }
  /** So many of the next uploads of a whole blob end by a broken connection. */
  droppedUploads: number
  /** Uploads of a whole blob are never answered. */
  holdsUploads: boolean
  /** What `docker-content-digest` says. */
  toldDigest: Digest | undefined
  /** Blobs and manifests come with their first byte changed. */
  corrupts: boolean
  ignoresRange: boolean
  /** What is asked for from the middle is never answered. */
  holdsRanges: boolean
  /** Blobs are to be had there: `http://127.0.0.1:1234`. */
  redirectsTo: string | undefined
  /** A PUT of more is refused with 413. */
  maxPutBytes: number | undefined
  login: Login
}

export type Login =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** Bearer tokens from `/token`: for anyone where `username` is ''. */
  | { readonly kind: 'token'; readonly username: string; readonly password: string; readonly identityToken: string }

export interface LoggedRequest {
  readonly method: string
  /** With query. */
  readonly path: string
  readonly authorization: string | undefined
  readonly range: string | undefined
}

interface Manifest {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

interface Contents {
  readonly blobs: Map<string, Uint8Array>
  readonly manifests: Map<string, Manifest>
  readonly uploads: Map<string, Uint8Array[]>
}

interface Exchange {
  readonly request: IncomingMessage
  readonly url: URL
  readonly faults: Faults
  readonly contents: Contents
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
  /** Then the connection breaks; undefined where all is sent. */
  readonly dropAfterBytes: number | undefined
}

export async function startFakeRegistry(): Promise<FakeRegistry> {
  const faults: Faults = {
    dropAfterBytes: undefined,
    failing: { count: 0, status: 500, retryAfter: undefined },
    droppedUploads: 0,
    holdsUploads: false,
    toldDigest: undefined,
    corrupts: false,
    ignoresRange: false,
    holdsRanges: false,
    redirectsTo: undefined,
    maxPutBytes: undefined,
    login: { kind: 'none' },
  }
  const contents: Contents = { blobs: new Map(), manifests: new Map(), uploads: new Map() }
  const requests: LoggedRequest[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`)
    requests.push({ method: request.method ?? '', path: url.pathname + url.search, authorization: request.headers.authorization, range: request.headers.range })
    answer({ request, url, faults, contents })
      .then((answered) => send(request, response, answered))
      .catch(() => response.destroy()) // a client that went away
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
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
  const [, repository = '', kind = '', id = ''] = /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs)\/([^/]*)$/.exec(url.pathname) ?? []
  return (await ROUTES.get(kind)?.(exchange, repository, id)) ?? refuse(404, 'NOT_FOUND')
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body, dropAfterBytes }: Answer): void {
  request.resume()
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-length': String(bytes.byteLength), ...headers })
  if (request.method === 'HEAD') response.end()
  else if (dropAfterBytes === undefined || dropAfterBytes >= bytes.byteLength) response.end(bytes)
  else response.write(bytes.subarray(0, dropAfterBytes), () => response.destroy())
}

function fail(faults: Faults): Answer {
  faults.failing.count -= 1
  const { status, retryAfter } = faults.failing
  return refuse(status, 'UNKNOWN', retryAfter === undefined ? {} : { 'retry-after': retryAfter })
}

type Route = (exchange: Exchange, repository: string, id: string) => Promise<Answer>

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['manifests', answerManifest],
  ['blobs', answerBlob],
  ['blobs/uploads', answerUpload],
])

async function answerManifest({ request, faults, contents }: Exchange, repository: string, id: string): Promise<Answer> {
  if (request.method === 'PUT') {
    const manifest = { mediaType: request.headers['content-type'] ?? '', bytes: await gather(request) }
    storeManifest(contents, repository, [id], manifest)
    return reply(201, { 'docker-content-digest': faults.toldDigest ?? digestOf(manifest.bytes) })
  }
  const manifest = contents.manifests.get(`${repository}:${id}`)
  if (manifest === undefined) return refuse(404, 'MANIFEST_UNKNOWN')
  const headers = { 'docker-content-digest': faults.toldDigest ?? digestOf(manifest.bytes), 'content-type': manifest.mediaType }
  return reply(200, headers, faults.corrupts ? corrupted(manifest.bytes) : manifest.bytes)
}

function storeManifest({ manifests }: Contents, repository: string, names: readonly string[], manifest: Manifest): void {
  for (const name of [...names, digestOf(manifest.bytes)]) manifests.set(`${repository}:${name}`, manifest)
}

async function answerBlob({ request, faults, contents, url }: Exchange, repository: string, id: string): Promise<Answer> {
  const blob = contents.blobs.get(`${repository}@${id}`)
  if (blob === undefined) return refuse(404, 'BLOB_UNKNOWN')
  if (faults.redirectsTo !== undefined) return reply(307, { location: `${faults.redirectsTo}${url.pathname}` })
  if (faults.holdsRanges && request.headers.range !== undefined) await once(request.socket, 'close')
  const from = faults.ignoresRange ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
  const range = from === undefined ? {} : { 'content-range': `bytes ${from}-${blob.byteLength - 1}/${blob.byteLength}` }
  const bytes = (faults.corrupts ? corrupted(blob) : blob).subarray(Number(from ?? 0))
  return { ...reply(from === undefined ? 200 : 206, range, bytes), dropAfterBytes: faults.dropAfterBytes }
}

async function answerUpload(exchange: Exchange, repository: string, id: string): Promise<Answer> {
  const { request, url, contents } = exchange
  if (request.method === 'POST') return startUpload(exchange, repository)
  const upload = contents.uploads.get(id)
  if (upload === undefined) return refuse(404, 'BLOB_UPLOAD_UNKNOWN')
  if (request.method === 'PUT') return await finishUpload(exchange, upload, repository)
  upload.push(await gather(request))
  return reply(202, { location: url.pathname })
}

function startUpload({ url, contents }: Exchange, repository: string): Answer {
  const [mount, from] = [url.searchParams.get('mount') ?? '', url.searchParams.get('from') ?? '']
  const mounted = contents.blobs.get(`${from}@${mount}`)
  if (mounted !== undefined) {
    contents.blobs.set(`${repository}@${mount}`, mounted)
    return reply(201, {})
  }
  const id = String(contents.uploads.size + 1)
  contents.uploads.set(id, [])
  return reply(202, { location: `/v2/${repository}/blobs/uploads/${id}` })
}

async function finishUpload({ request, url, faults, contents }: Exchange, upload: readonly Uint8Array[], repository: string): Promise<Answer> {
  if (faults.holdsUploads) await once(request.socket, 'close')
  if (faults.droppedUploads > 0) {
    faults.droppedUploads -= 1
    request.destroy()
  }
  const last = await gather(request)
  if (last.byteLength > (faults.maxPutBytes ?? last.byteLength)) return refuse(413, 'SIZE_INVALID')
  const bytes = Buffer.concat([...upload, last])
  const expected = parseDigest(url.searchParams.get('digest') ?? '')
  if (digestOf(bytes) !== expected) return refuse(400, 'DIGEST_INVALID')
  contents.blobs.set(`${repository}@${expected}`, bytes)
  return reply(201, { 'docker-content-digest': faults.toldDigest ?? expected })
}

function isAdmitted({ request, faults: { login }, url }: Exchange): boolean {
  const { authorization } = request.headers
  switch (login.kind) {
    case 'none':
      return true
    case 'basic':
      return authorization === basic(login.username, login.password)
    case 'token':
      return authorization !== undefined && grants(authorization, neededScope(request, url))
  }
}

function challenge({ request, faults: { login }, url }: Exchange): Readonly<Record<string, string>> {
  if (login.kind !== 'token') return { 'www-authenticate': 'Basic realm="fake"' }
  return { 'www-authenticate': `Bearer realm="http://${url.host}/token",service="fake",scope="${neededScope(request, url)}"` }
}

/** '' where a token of any scope will do. */
function neededScope(request: IncomingMessage, url: URL): string {
  const repository = /^\/v2\/(.+?)\/(?:manifests|blobs)\//.exec(url.pathname)?.[1]
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return repository === undefined ? '' : `repository:${repository}:${isRead ? 'pull' : 'pull,push'}`
}

/** A token of the fake is the list of what it grants. */
function grants(authorization: string, needed: string): boolean {
  const granted = Buffer.from(authorization.replace(/^Bearer /, ''), 'base64url').toString()
  if (!authorization.startsWith('Bearer ') || !granted.startsWith('grants ')) return false
  return needed === '' || granted.split(' ').some((scope) => scope === needed || scope === needed.replace(/:pull$/, ':pull,push'))
}

async function answerToken({ request, url, faults: { login } }: Exchange): Promise<Answer> {
  if (login.kind !== 'token') return refuse(404, 'NOT_FOUND')
  if (request.method === 'POST') {
    const form = new URLSearchParams((await gather(request)).toString())
    const isKnown = form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === login.identityToken
    return isKnown ? grant([form.get('scope') ?? '']) : refuse(401, 'UNAUTHORIZED')
  }
  const isKnown = login.username === '' || request.headers.authorization === basic(login.username, login.password)
  return isKnown ? grant(url.searchParams.getAll('scope')) : refuse(401, 'UNAUTHORIZED')
}

function grant(scopes: readonly string[]): Answer {
  const token = Buffer.from(`grants ${scopes.join(' ')}`).toString('base64url')
  return reply(200, {}, JSON.stringify({ token, expires_in: 300 }))
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function reply(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array | string = ''): Answer {
  return { status, headers, body, dropAfterBytes: undefined }
}

function refuse(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return reply(status, { 'content-type': 'application/json', ...headers }, JSON.stringify({ errors: [{ code, message: 'as the test wants it' }] }))
}

function corrupted(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed.fill((changed[0] ?? 0) ^ 1, 0, 1)
  return changed
}

async function gather(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}
