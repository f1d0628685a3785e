import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { noFaults, type Faults, type Login, type UploadFaults } from '../../test/support/registry/fake/faults.ts'
import { startFakeRegistry, type FakeRegistry } from '../../test/support/registry/fakeRegistry.ts'
import { TEST_CLIENT } from '../../test/support/registry/registryClient.ts'
import { describeBlob } from '../ground/oci/descriptor.ts'
import { digestOf } from '../ground/digest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import type { BegunBlob, Credentials, RegistryWait } from './registry.ts'
import { blobOf, push, readText, referenceTo, registrySuite, type RegistryFixture } from './registry.suite.ts'
import { createRegistry } from './registryClient.ts'
import { withTrueDigest } from './resolve.ts'

const signal = new AbortController().signal
const MIB = 1024 * 1024
const ME: Credentials = { kind: 'basic', username: 'me', password: 'pass' }
const MANIFEST = Buffer.from('{"schemaVersion":2,"config":{},"layers":[]}')
const DESCRIPTOR = describeBlob(MEDIA_TYPE.ociManifest, digestOf(MANIFEST), MANIFEST.byteLength)

interface Fixture extends RegistryFixture {
  readonly server: FakeRegistry
}

interface FixtureOptions {
  readonly now?: () => number
  readonly address?: string
  readonly login?: () => Credentials
}

async function openFixture(faults: Partial<Faults> = {}, { now = Date.now, address = '127.0.0.1', login = () => ME }: FixtureOptions = {}): Promise<Fixture> {
  const server = await startFakeRegistry(address)
  Object.assign(server.faults, faults)
  const registry = createRegistry({ ...TEST_CLIENT, credentials: { credentials: async () => login() }, now })
  return {
    host: server.host,
    registry,
    server,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

const uploads = (faults: Partial<UploadFaults>): Partial<Faults> => ({ uploads: { ...noFaults().uploads, ...faults } })
const token = (part: Partial<Extract<Login, { kind: 'token' }>> = {}): Partial<Faults> => ({ login: { kind: 'token', username: 'me', password: 'pass', identityToken: 'refresh', ...part } })

/** Everything that a registry is for works with these, not only what the fault is about. */
const harmless: readonly { readonly name: string; readonly faults: () => Partial<Faults>; readonly takesStreams?: boolean }[] = [
  { name: 'without HEAD (405)', faults: () => ({ headStatus: 405 }) },
  { name: 'without HEAD (404)', faults: () => ({ headStatus: 404 }) },
  { name: 'that hides lengths', faults: () => ({ hidesLength: true }) },
  { name: 'that ends every connection', faults: () => ({ closesConnections: true }) },
  { name: 'without ranges (416)', faults: () => ({ refusesRange: true }) },
  { name: 'that tells no digests', faults: () => ({ toldDigest: 'nothing' }) },
  { name: 'that tells nonsense for digests', faults: () => ({ toldDigest: 'nonsense' }) },
  { name: 'without PATCH', faults: () => uploads({ patchStatus: 405 }), takesStreams: false },
  { name: 'that takes blobs by PATCH only', faults: () => uploads({ wholePutStatus: 400 }) },
  { name: 'that takes blobs by one POST only', faults: () => uploads({ sessionStatus: 405 }), takesStreams: false },
  { name: 'that answers 204 for 201 and 202', faults: () => uploads({ doneStatus: 204 }) },
  { name: 'that answers 200 for 201 and 202', faults: () => uploads({ doneStatus: 200 }) },
  { name: 'with absolute locations', faults: () => uploads({ location: 'absolute' }) },
  { name: 'with relative locations', faults: () => uploads({ location: 'relative' }) },
  { name: 'with sessions in the query of its locations', faults: () => uploads({ location: 'query' }) },
  { name: 'whose tokens serve two requests', faults: () => token({ usesPerToken: 2 }) },
  { name: 'whose tokens tell no end', faults: () => token({ expiresIn: '' }) },
  { name: 'whose tokens live for a second', faults: () => token({ expiresIn: 1 }) },
]
for (const { name, faults, takesStreams } of harmless) registrySuite(`the client of a registry ${name}`, () => openFixture(faults()), { takesStreams })

registrySuite('the client of a registry at [::1]', () => openFixture({}, { address: '::1' }))

describe('what one answer taught', () => {
  const cases: { name: string; faults: Partial<Faults>; first: string; second: string }[] = [
    { name: 'that HEAD is not known', faults: { headStatus: 405 }, first: 'HEAD GET POST PUT', second: 'GET POST PUT' },
    { name: 'that HEAD works', faults: {}, first: 'HEAD GET POST PUT HEAD', second: 'HEAD POST PUT' },
    { name: 'that a PUT with a body is not known', faults: uploads({ wholePutStatus: 405 }), first: 'HEAD GET POST PUT POST PATCH PUT HEAD', second: 'HEAD POST PATCH PUT' },
    { name: 'that HEAD finds nothing', faults: { headStatus: 404 }, first: 'HEAD GET POST PUT HEAD', second: 'GET POST PUT' },
    { name: 'that sessions are not known', faults: uploads({ sessionStatus: 404 }), first: 'HEAD GET POST POST HEAD', second: 'HEAD POST' },
  ]
  for (const { name, faults, first, second } of cases) {
    it(`is kept: ${name}`, async () => {
      await using fixture = await openFixture(faults)
      await push(fixture, 'app', 'one')
      const methodsOfOne = methods(fixture, '/app/')
      await push(fixture, 'other', 'two')
      assert.deepEqual([methodsOfOne, methods(fixture, '/other/')], [first, second])
    })
  }
})

describe('a mount', () => {
  const cases: { name: string; mount: UploadFaults['mount']; outcome: string; posts: [first: number, second: number] }[] = [
    { name: 'that is answered with a session becomes an upload', mount: 'ignored', outcome: 'uploaded', posts: [1, 1] },
    { name: 'that is no request (400) becomes an upload, and is not tried again', mount: 400, outcome: 'uploaded', posts: [2, 1] },
    { name: 'that is not allowed (405) becomes an upload, and is not tried again', mount: 405, outcome: 'uploaded', posts: [2, 1] },
    { name: 'from a repository that is not there (404) becomes an upload', mount: 404, outcome: 'uploaded', posts: [2, 2] },
    { name: 'from a repository that is not to be read (403) becomes an upload', mount: 403, outcome: 'uploaded', posts: [2, 2] },
  ]
  for (const { name, mount, outcome, posts } of cases) {
    it(name, async () => {
      await using fixture = await openFixture(uploads({ mount }))
      for (const [index, text] of ['one', 'two'].entries()) {
        fixture.server.putBlob('from', Buffer.from(text))
        const blob = { ...blobOf(text), mountFrom: { host: fixture.host, repository: 'from' } }
        assert.equal(await fixture.registry.pushBlob({ host: fixture.host, repository: `to${index}` }, blob, signal), outcome)
      }
      assert.deepEqual(['/to0/', '/to1/'].map((path) => methods(fixture, path).split('POST').length - 1), posts)
    })
  }

  it('that is told by 200 is believed where the blob is there then', async () => {
    await using fixture = await openFixture(uploads({ doneStatus: 200 }))
    fixture.server.putBlob('from', Buffer.from('shared'))
    const blob = { ...blobOf('shared'), mountFrom: { host: fixture.host, repository: 'from' } }
    assert.equal(await fixture.registry.pushBlob({ host: fixture.host, repository: 'to' }, blob, signal), 'mounted')
  })
})

describe('a blob that is sent while it is made', () => {
  const sendHalf = async (fixture: Fixture, interrupt = new AbortController()): Promise<BegunBlob> => {
    const started = Promise.withResolvers<undefined>()
    const begun = fixture.registry.beginBlob({ host: fixture.host, repository: 'app' }, (stop) => half(stop, () => started.resolve(undefined)), interrupt.signal)
    await started.promise
    return begun
  }
  const takenBack: { name: string; giveUp: (begun: BegunBlob, interrupt: AbortController) => Promise<unknown> }[] = [
    { name: 'the build is interrupted', giveUp: async (_begun, interrupt) => interrupt.abort() },
    { name: 'the build fails', giveUp: () => Promise.resolve() },
    { name: 'the registry has it after all', giveUp: async (begun) => assert.equal(await begun.commit({ descriptor: describeBlob(MEDIA_TYPE.ociLayer, digestOf('there'), 9 * MIB), onProgress: () => undefined }), 'present') },
  ]
  for (const { name, giveUp } of takenBack) {
    it(`is taken back where ${name}, where the registry says that it stands`, async () => {
      await using fixture = await openFixture(uploads({ location: 'query' }))
      fixture.server.putBlob('app', Buffer.from('there'))
      const interrupt = new AbortController()
      const begun = await sendHalf(fixture, interrupt)
      await giveUp(begun, interrupt)
      await begun[Symbol.asyncDispose]()
      const [patch, remove] = fixture.server.requests.filter(({ method }) => method === 'PATCH' || method === 'DELETE')
      assert.deepEqual([patch?.method, remove?.method], ['PATCH', 'DELETE'])
      assert.deepEqual([patch, remove].map((request) => /offset=(\d+)/.exec(request?.path ?? '')?.[1]), ['0', '4'])
    })
  }

  it('fails by what its source threw, and is taken back', async () => {
    await using fixture = await openFixture()
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half')
      throw new Error('the disk is gone')
    }
    {
      await using begun = fixture.registry.beginBlob({ host: fixture.host, repository: 'app' }, broken, signal)
      await assert.rejects(begun.commit(blobOf('half')), { message: 'the disk is gone' })
    }
    assert.match(methods(fixture, '/app/'), /^POST PATCH DELETE$/)
  })

  it('is for an ordinary push once the pause is over where the registry limits requests meanwhile', async () => {
    await using fixture = await openFixture()
    const waits: RegistryWait[] = []
    using _watch = fixture.registry.watchWaits((wait) => void waits.push(wait))
    {
      await using begun = await beginText(fixture, 'text', () => (fixture.server.faults.failing = { count: 1, status: 429, retryAfter: '1' }))
      await assert.rejects(begun.commit(blobOf('text')), { name: 'TooManyRequestsError' })
    }
    const startedAt = Date.now()
    assert.equal(await readText(fixture, 'app', await push(fixture, 'app', 'text')), 'text')
    assert.ok(Date.now() - startedAt > 800)
    assert.equal(waits.length, 1)
  })

  for (const { name, when } of [{ name: 'while it is sent', when: 'PATCH' }, { name: 'before it is finished', when: 'PUT' }] as const) {
    it(`is sent all the same where its token ends ${name}`, async () => {
      await using fixture = await openFixture(token())
      const revoke = (): void => fixture.server.revokeTokens()
      await using begun = await beginText(fixture, 'text', when === 'PATCH' ? revoke : () => undefined)
      while (!methods(fixture, '/app/').includes('PATCH')) await new Promise(setImmediate)
      if (when === 'PUT') revoke()
      assert.equal(await begun.commit(blobOf('text')), 'uploaded')
      assert.equal(await readText(fixture, 'app', blobOf('text').descriptor), 'text')
    })
  }
})

async function* inChunks(text: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 256 * 1024) yield Buffer.from(text.slice(at, at + 256 * 1024))
}

/** A half that is never followed by the other. */
async function* half(stop: AbortSignal, onSent: () => void): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half')
  onSent()
  await once(stop, 'abort')
  stop.throwIfAborted()
}

describe('an upload to a strange registry', () => {
  for (const status of [404, 416]) {
    it(`begins anew where its session is forgotten (${status})`, async () => {
      await using fixture = await openFixture(uploads({ forgotten: { count: 2, status } }))
      const descriptor = await push(fixture, 'app', 'text')
      assert.equal(await readText(fixture, 'app', descriptor), 'text')
      assert.equal(methods(fixture, '/app/').split('POST').length - 1, 3)
    })
  }

  it('is sent again, whole, where its connection breaks in its middle', async () => {
    await using fixture = await openFixture(uploads({ dropped: 1 }))
    const text = 'a'.repeat(4 * MIB)
    const blob = { ...blobOf(text), open: () => inChunks(text) }
    assert.equal(await fixture.registry.pushBlob({ host: fixture.host, repository: 'app' }, blob, signal), 'uploaded')
    assert.equal(await readText(fixture, 'app', blob.descriptor), text)
  })

  it('of a large blob is a stream, and taken back where it is interrupted', async () => {
    await using fixture = await openFixture(uploads({ location: 'query' }))
    const [text, interrupt, started] = ['a'.repeat(9 * MIB), new AbortController(), Promise.withResolvers<undefined>()]
    const blob = { ...blobOf(text), open: () => half(interrupt.signal, () => started.resolve(undefined)) }
    const pushed = fixture.registry.pushBlob({ host: fixture.host, repository: 'app' }, blob, interrupt.signal)
    await started.promise
    interrupt.abort(new Error('interrupted'))
    await assert.rejects(pushed, { message: 'interrupted' })
    assert.match(methods(fixture, '/app/'), /POST PATCH DELETE$/)
    assert.match(fixture.server.requests.at(-1)?.path ?? '', /offset=4/)
  })

  it('of a large blob is sent otherwise where streams are refused', async () => {
    await using fixture = await openFixture(uploads({ patchStatus: 405 }))
    for (const letter of ['a', 'b']) {
      const descriptor = await push(fixture, letter, letter.repeat(9 * MIB))
      assert.equal(descriptor.sizeBytes, (await readText(fixture, letter, descriptor)).length)
    }
    assert.match(methods(fixture, '/a/'), /POST PATCH DELETE POST PUT/)
    assert.doesNotMatch(methods(fixture, '/b/'), /PATCH/)
  })

  it('is given up where sessions are forgotten each time', async () => {
    await using fixture = await openFixture(uploads({ forgotten: { count: 99, status: 404 } }))
    await assert.rejects(push(fixture, 'app', 'text'), { name: 'RegistryUnavailableError', message: /lost the upload/ })
  })

  it('is sent in smaller and smaller chunks until they are taken', async () => {
    await using fixture = await openFixture(uploads({ maxPutBytes: 2 * MIB, maxPatchBytes: 2 * MIB }))
    const [first, second] = ['a', 'b'].map((letter) => letter.repeat(3 * MIB))
    const descriptor = await push(fixture, 'app', first ?? '')
    assert.equal(await readText(fixture, 'app', descriptor), first)
    const isSending = (path: string): string => fixture.server.requests.filter((request) => request.path.includes(path) && request.method !== 'HEAD' && request.method !== 'GET').map(({ method }) => method).join(' ')
    assert.equal(isSending('/app/'), 'POST PUT POST PATCH POST PATCH POST PATCH PATCH PATCH PUT')
    await push(fixture, 'other', second ?? '')
    assert.equal(isSending('/other/').startsWith('POST PATCH'), true)
  })

  it('follows a redirect to another host without the credentials', async () => {
    await using storage = await startFakeRegistry()
    await using fixture = await openFixture({ ...uploads({ redirectsTo: `http://${storage.host}` }), login: { kind: 'basic', username: 'me', password: 'pass' } })
    await push(fixture, 'app', 'text').catch(() => undefined) // the storage knows nothing of the session
    assert.deepEqual(new Set(storage.requests.map(({ method, authorization }) => `${method} ${authorization ?? 'nobody'}`)), new Set(['PUT nobody']))
  })

  it('goes to another host without the credentials', async () => {
    await using storage = await startFakeRegistry()
    await using fixture = await openFixture({ ...uploads({ elsewhere: `http://${storage.host}`, location: 'absolute' }), login: { kind: 'basic', username: 'me', password: 'pass' } })
    storage.faults.uploads.wholePutStatus = 204 // whatever it says, it was asked
    await push(fixture, 'app', 'text').catch(() => undefined)
    assert.ok(storage.requests.length > 0)
    assert.deepEqual(new Set(storage.requests.map(({ authorization }) => authorization)), new Set([undefined]))
    assert.ok(fixture.server.requests.some(({ authorization }) => authorization !== undefined))
  })
})

describe('a manifest of a strange registry', () => {
  const types: { name: string; contentType: string; want: string }[] = [
    { name: 'without a type is told by its fields', contentType: '', want: MEDIA_TYPE.ociManifest },
    { name: 'with a type of anything is told by its fields', contentType: 'application/json', want: MEDIA_TYPE.ociManifest },
    { name: 'with a charset is what it came as', contentType: `${MEDIA_TYPE.dockerManifest}; charset=utf-8`, want: MEDIA_TYPE.dockerManifest },
  ]
  for (const { name, contentType, want } of types) {
    it(name, async () => {
      await using fixture = await openFixture({ manifests: { ...noFaults().manifests, contentType } })
      fixture.server.putManifest('app', 'latest', { mediaType: MEDIA_TYPE.ociManifest, bytes: MANIFEST })
      assert.deepEqual(await fixture.registry.resolve(referenceTo(fixture, 'app'), signal), { ...DESCRIPTOR, mediaType: want })
    })
  }

  it('with a wrong digest in its header is had by its real one', async () => {
    await using fixture = await openFixture({ toldDigest: digestOf('other') })
    fixture.server.putManifest('app', 'latest', { mediaType: MEDIA_TYPE.ociManifest, bytes: MANIFEST })
    const fetched = await withTrueDigest(async () => await fixture.registry.fetchManifest(referenceTo(fixture, 'app'), await fixture.registry.resolve(referenceTo(fixture, 'app'), signal), signal))
    assert.equal(Buffer.from(fetched).toString(), MANIFEST.toString())
  })

  it('is pushed where the header of the answer is wrong, and the bytes are right', async () => {
    await using fixture = await openFixture({ toldDigest: digestOf('other') })
    await fixture.registry.pushManifest(referenceTo(fixture, 'app:Tag_1.0-RC'), MEDIA_TYPE.ociManifest, MANIFEST, signal)
    assert.ok(fixture.server.manifest('app', 'Tag_1.0-RC') !== undefined)
  })
})

describe('a login at a strange registry', () => {
  const challenges: { name: string; login: Login }[] = [
    { name: 'several kinds at once', login: { kind: 'basic', username: 'me', password: 'pass', challenges: ['Negotiate', 'Basic realm="fake"'] } },
    { name: 'several kinds in one header', login: { kind: 'basic', username: 'me', password: 'pass', challenges: ['Negotiate, Basic realm="fake"'] } },
    { name: 'a token server that it does not name, and a password', login: { kind: 'basic', username: 'me', password: 'pass', challenges: ['Bearer', 'Basic realm="fake"'] } },
    { name: 'nothing', login: { kind: 'basic', username: 'me', password: 'pass', challenges: [] } },
    { name: 'a token by a relative address', login: { kind: 'token', username: 'me', password: 'pass', identityToken: '', challenges: ['Bearer realm="/token",service="fake"'] } },
    { name: 'a token without quotes', login: { kind: 'token', username: 'me', password: 'pass', identityToken: '', challenges: ['bearer realm=ORIGIN/token, service=fake'] } },
    { name: 'a token in apostrophes', login: { kind: 'token', username: 'me', password: 'pass', identityToken: '', challenges: ["Bearer realm='ORIGIN/token',service='fake'"] } },
  ]
  for (const { name, login } of challenges) {
    it(`is made where it asks for ${name}`, async () => {
      await using fixture = await openFixture({ login })
      assert.equal(await readText(fixture, 'app', await push(fixture, 'app', 'text')), 'text')
    })
  }

  it('takes one new token for all requests that found the old one gone', async () => {
    await using fixture = await openFixture(token())
    await push(fixture, 'app', 'first')
    fixture.server.faults.login = { kind: 'token', username: 'me', password: 'pass', identityToken: '', usesPerToken: 0 }
    const before = tokensAsked(fixture)
    const pushes = ['a', 'b', 'c', 'd'].map(async (text) => await push(fixture, 'app', text))
    fixture.server.faults.login = { kind: 'token', username: 'me', password: 'pass', identityToken: '', usesPerToken: 1000 }
    fixture.server.revokeTokens()
    await Promise.all(pushes)
    assert.equal(tokensAsked(fixture) - before, 1)
  })

  it('asks for name and password again only where they are refused', async () => {
    const asked: Credentials[] = []
    const login = (): Credentials => {
      const credentials: Credentials = { kind: 'basic', username: 'me', password: `pass${asked.length}` }
      asked.push(credentials)
      return credentials
    }
    await using fixture = await openFixture({ login: { kind: 'basic', username: 'me', password: 'pass0' } }, { login })
    await push(fixture, 'app', 'one')
    assert.equal(asked.length, 1)
    fixture.server.faults.login = { kind: 'basic', username: 'me', password: 'pass1' }
    await push(fixture, 'app', 'two')
    assert.equal(asked.length, 2)
  })

  it('renews a token before it ends, by its own clock', async () => {
    let now = 1_000_000
    await using fixture = await openFixture(token({ expiresIn: 60 }), { now: () => now })
    await push(fixture, 'app', 'one')
    now += 40_000
    await push(fixture, 'app', 'two')
    assert.equal(tokensAsked(fixture), 1)
    now += 15_000
    await push(fixture, 'app', 'three')
    assert.equal(tokensAsked(fixture), 2)
    assert.equal(fixture.server.requests.filter(({ path }) => !path.startsWith('/token')).filter(({ authorization }) => authorization === undefined).length, 2) // to find what it speaks, and the first
  })
})

describe('a limit of requests', () => {
  const body = '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}'
  const cases: { name: string; failing: Faults['failing'] }[] = [
    { name: 'by 429 with seconds', failing: { count: 1, status: 429, retryAfter: '1' } },
    { name: 'by 429 with a date', failing: { count: 1, status: 429, retryAfter: new Date(Date.now() + 1500).toUTCString() } },
    { name: 'by 429 with when the limit starts anew', failing: { count: 1, status: 429, retryAfter: undefined, headers: { 'ratelimit-reset': '1' } } },
    { name: 'by 403 and its code', failing: { count: 1, status: 403, retryAfter: '1', body } },
    { name: 'by 503 and its code', failing: { count: 1, status: 503, retryAfter: '1', body } },
  ]
  for (const { name, failing } of cases) {
    it(`${name} is waited for, and the wait is told`, async () => {
      await using fixture = await openFixture()
      const descriptor = await push(fixture, 'app', 'text')
      const waits: RegistryWait[] = []
      using _watch = fixture.registry.watchWaits((wait) => void waits.push(wait))
      fixture.server.faults.failing = failing
      assert.equal(await readText(fixture, 'app', descriptor), 'text')
      assert.deepEqual(waits.map(({ host }) => host), [fixture.host])
    })
  }

  it('holds back all requests to the host, and is told once', async () => {
    await using fixture = await openFixture()
    const descriptor = await push(fixture, 'app', 'text')
    const waits: RegistryWait[] = []
    using _watch = fixture.registry.watchWaits((wait) => void waits.push(wait))
    fixture.server.faults.failing = { count: 1, status: 429, retryAfter: '1' }
    const first = readText(fixture, 'app', descriptor)
    while (waits.length === 0) await new Promise(setImmediate)
    const sent = fixture.server.requests.length
    const startedAt = Date.now()
    await Promise.all([first, readText(fixture, 'app', descriptor)])
    assert.ok(Date.now() - startedAt > 800)
    assert.equal(fixture.server.requests.length, sent + 2)
    assert.equal(waits.length, 1)
  })
})

describe('an error in no known form', () => {
  const cases: { name: string; failing: Faults['failing']; message: RegExp }[] = [
    { name: 'a page of HTML', failing: { count: 9, status: 403, retryAfter: undefined, body: '<html><head><title>Access \u001b[31mdenied</title>' }, message: /denies access \(a web page, not a registry's answer: Access/ },
    { name: 'nothing at all', failing: { count: 9, status: 502, retryAfter: undefined, body: '' }, message: /HTTP status 502/ },
    { name: 'text', failing: { count: 9, status: 400, retryAfter: undefined, body: 'Bad Request' }, message: /HTTP status 400/ },
  ]
  for (const { name, failing, message } of cases) {
    it(`is told by what there is: ${name}`, async () => {
      await using fixture = await openFixture({ failing })
      await assert.rejects(readText(fixture, 'app', DESCRIPTOR), { message })
    })
  }
})

/** `onOpened` is called as the first byte is asked for, the first time. */
async function beginText({ host, registry }: Fixture, text: string, onOpened: () => void): Promise<BegunBlob> {
  let isOpened = false
  async function* open(): AsyncGenerator<Uint8Array> {
    if (!isOpened) onOpened()
    isOpened = true
    yield Buffer.from(text)
  }
  return registry.beginBlob({ host, repository: 'app' }, open, signal)
}

function methods({ server }: Fixture, path: string): string {
  return server.requests.filter((request) => request.path.includes(path)).map(({ method }) => method).join(' ')
}

function tokensAsked({ server }: Fixture): number {
  return server.requests.filter(({ path }) => path.startsWith('/token')).length
}

