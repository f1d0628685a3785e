import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { createHttpClient, DEFAULT_TLS, proxyFrom, type HttpClient, type HttpRequest } from './http.ts'

const signal = new AbortController().signal
const NO_PROXY = { http: '', https: '', except: '' }

interface Fixture extends AsyncDisposable {
  readonly client: HttpClient
  readonly origin: string
}

async function openFixture(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Fixture> {
  const server = createServer(handle)
  const origin = await listen(server)
  const client = createHttpClient({ userAgent: 'test', connectionsPerOrigin: 2, proxy: NO_PROXY })
  return {
    client,
    origin,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await close(server)
    },
  }
}

describe('the HTTP client', () => {
  it('streams a body each way', async () => {
    await using fixture = await openFixture((request, response) => {
      response.writeHead(201, { 'x-length': request.headers['content-length'] ?? 'none' })
      request.pipe(response)
    })
    const body = (async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one ')
      yield Buffer.from('two')
    })()
    const response = await fixture.client.send(toRequest(fixture.origin, { method: 'PUT', body, headers: new Map([['content-length', '7']]) }), signal)
    assert.equal(response.status, 201)
    assert.equal(response.header('x-length'), '7')
    assert.equal(await readText(response.body), 'one two')
  })

  it('gives back any status, and says who it is', async () => {
    await using fixture = await openFixture((request, response) => response.writeHead(500).end(request.headers['user-agent']))
    const response = await fixture.client.send(toRequest(fixture.origin), signal)
    assert.equal(response.status, 500)
    assert.equal(await readText(response.body), 'test')
  })

  it('keeps credentials for a redirect within the origin, and drops them for another', async () => {
    const seen: string[] = []
    const note = ({ url, headers }: IncomingMessage): void => void seen.push(`${url ?? ''} ${headers.authorization ?? 'none'} ${headers.range ?? 'none'}`)
    await using far = await openFixture((request, response) => {
      note(request)
      response.end('there')
    })
    await using near = await openFixture((request, response) => {
      note(request)
      response.writeHead(307, { location: request.url === '/' ? '/next' : `${far.origin}/far` }).end()
    })
    const headers = new Map([['authorization', 'secret'], ['range', 'bytes=1-']])
    const response = await near.client.send(toRequest(near.origin, { headers, maxRedirects: 2 }), signal)
    assert.equal(await readText(response.body), 'there')
    assert.equal(response.url.href, `${far.origin}/far`)
    assert.deepEqual(seen, ['/ secret bytes=1-', '/next secret bytes=1-', '/far none bytes=1-'])
  })

  it('gives up on redirects without end', async () => {
    await using fixture = await openFixture((_, response) => response.writeHead(302, { location: '/' }).end())
    await assert.rejects(fixture.client.send(toRequest(fixture.origin, { maxRedirects: 3 }), signal), { name: 'HttpConnectionError', message: /too many redirects/ })
  })

  const broken: { name: string; handle: (request: IncomingMessage, response: ServerResponse) => void }[] = [
    { name: 'before an answer', handle: (request) => request.socket.destroy() },
    { name: 'within a body', handle: (_, response) => void response.writeHead(200, { 'content-length': '9' }).write('half', () => response.destroy()) },
  ]
  for (const { name, handle } of broken) {
    it(`tells of a connection that broke ${name}`, async () => {
      await using fixture = await openFixture(handle)
      const read = async (): Promise<string> => await readText((await fixture.client.send(toRequest(fixture.origin), signal)).body)
      await assert.rejects(read(), { name: 'HttpConnectionError', kind: 'unavailable', failure: 'broken' })
    })
  }

  it('tells of a refused connection and of a server without TLS', async () => {
    await using fixture = await openFixture((_, response) => response.end())
    await assert.rejects(fixture.client.send(toRequest('http://127.0.0.1:1'), signal), { failure: 'refused', hint: 'check the port, and that the server runs' })
    await assert.rejects(fixture.client.send(toRequest(fixture.origin.replace('http:', 'https:')), signal), { failure: 'plain-http' })
  })

  it('throws the reason of an abort, while it waits and while it reads', async () => {
    await using fixture = await openFixture((request, response) => {
      if (request.url === '/read') response.writeHead(200, { 'content-length': '9' }).write('half')
    })
    const controller = new AbortController()
    const response = await fixture.client.send(toRequest(`${fixture.origin}/read`), controller.signal)
    const outcomes = Promise.allSettled([fixture.client.send(toRequest(fixture.origin), controller.signal), readText(response.body)])
    setImmediate(() => controller.abort(new Error('stopped')))
    const reasons = (await outcomes).map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Error).message : 'no error'))
    assert.deepEqual(reasons, ['stopped', 'stopped'])
  })

  it('goes through the proxy, but not to those that are excepted', async () => {
    await using fixture = await openFixture((_, response) => response.end('direct or not'))
    const tunnelled: string[] = []
    const proxy = createServer((request, response) => {
      tunnelled.push(request.url ?? '')
      response.end('by the proxy')
    }).on('connect', (request, socket) => {
      tunnelled.push(request.url ?? '')
      const [host = '', port = ''] = request.url?.split(':') ?? []
      const upstream = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      upstream.on('error', () => socket.destroy()).pipe(socket)
      socket.on('error', () => upstream.destroy()).pipe(upstream)
    })
    const http = await listen(proxy)
    for (const { except, isTunnelled } of [{ except: '', isTunnelled: true }, { except: '127.0.0.1', isTunnelled: false }]) {
      await using client = createHttpClient({ userAgent: 'test', connectionsPerOrigin: 1, proxy: { http, https: http, except } })
      tunnelled.length = 0
      const response = await client.send(toRequest(fixture.origin), signal)
      await response.discard()
      assert.equal(tunnelled.length > 0, isTunnelled)
    }
    await close(proxy)
  })
})

describe('proxyFrom', () => {
  const cases = [
    { env: {}, want: NO_PROXY },
    { env: { HTTP_PROXY: 'a', HTTPS_PROXY: 'b', NO_PROXY: 'c' }, want: { http: 'a', https: 'b', except: 'c' } },
    { env: { https_proxy: 'lower', HTTPS_PROXY: 'upper' }, want: { ...NO_PROXY, https: 'lower' } },
  ]
  for (const { env, want } of cases) {
    it(`reads ${JSON.stringify(env)}`, () => assert.deepEqual(proxyFrom(env), want))
  }
})

function toRequest(url: string, part: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: new URL(url), headers: new Map(), body: undefined, tls: DEFAULT_TLS, maxRedirects: 0, ...part }
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function close(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
