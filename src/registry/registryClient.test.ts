import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startFakeRegistry, type FakeRegistry, type Faults, type Login } from '../../test/support/registry/fakeRegistry.ts'
import { describeBlob } from '../ground/oci/descriptor.ts'
import { digestOf } from '../ground/digest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { checkLogin } from './checkLogin.ts'
import { DEFAULT_HOST_CONFIG, type HostConfig } from './hostConfig.ts'
import type { Credentials } from './registry.ts'
import { blobOf, push, readText, referenceTo, registrySuite, type RegistryFixture } from './registry.suite.ts'
import { createRegistry } from './registryClient.ts'

const signal = new AbortController().signal
const TEXT = 'all the bytes of a layer'
const LAYER = describeBlob(MEDIA_TYPE.ociLayerGzip, digestOf(TEXT), TEXT.length)

const CONNECTION = {
  hosts: DEFAULT_HOST_CONFIG,
  userAgent: 'test',
  connectionsPerHost: 4,
  proxy: { http: '', https: '', except: '' },
  retries: { attempts: 3, firstDelayMs: 1, maxDelayMs: 2, random: () => 0 },
  now: Date.now,
}

interface FakeFixture extends RegistryFixture {
  readonly server: FakeRegistry
}

interface ClientOptions {
  readonly credentials?: Credentials
  readonly hosts?: HostConfig
}

async function openFixture({ credentials, hosts = DEFAULT_HOST_CONFIG }: ClientOptions = {}): Promise<FakeFixture> {
  const server = await startFakeRegistry()
  const registry = createRegistry({ ...CONNECTION, credentials: { credentials: async () => credentials }, hosts })
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

registrySuite('the client of a fake', () => openFixture())

describe('a download', () => {
  const cases: { name: string; fault: Partial<Faults>; ranges: (string | undefined)[] }[] = [
    { name: 'goes on where the connection broke', fault: { dropAfterBytes: 10 }, ranges: [undefined, 'bytes=10-', 'bytes=20-'] },
    { name: 'tries again when the server fails', fault: { failing: { count: 2, status: 503, retryAfter: undefined } }, ranges: [undefined, undefined, undefined] },
    { name: 'waits as the server says', fault: { failing: { count: 1, status: 429, retryAfter: '0' } }, ranges: [undefined, undefined] },
  ]
  for (const { name, fault, ranges } of cases) {
    it(name, async () => {
      await using fixture = await openFixture()
      fixture.server.putBlob('app', Buffer.from(TEXT))
      Object.assign(fixture.server.faults, fault)
      assert.equal(await readText(fixture, 'app', LAYER), TEXT)
      assert.deepEqual(blobReads(fixture).map(({ range }) => range), ranges)
    })
  }

  it('skips what it has where the server ignores ranges', async () => {
    await using fixture = await openFixture()
    fixture.server.putBlob('app', Buffer.from(TEXT))
    fixture.server.faults.ignoresRange = true
    assert.equal(await readText(fixture, 'app', LAYER, 8), TEXT.slice(8))
  })

  const failures: { name: string; fault: Partial<Faults>; error: object; attempts: number }[] = [
    { name: 'gives up when nothing comes', fault: { dropAfterBytes: 0 }, error: { name: 'RegistryUnavailableError', kind: 'unavailable' }, attempts: 3 },
    { name: 'gives up when the server goes on failing', fault: { failing: { count: 9, status: 500, retryAfter: undefined } }, error: { name: 'RegistryUnavailableError' }, attempts: 3 },
    { name: 'does not wait for hours', fault: { failing: { count: 9, status: 429, retryAfter: '21600' } }, error: { name: 'TooManyRequestsError', retryAfterMs: 21_600_000 }, attempts: 1 },
  ]
  for (const { name, fault, error, attempts } of failures) {
    it(name, async () => {
      await using fixture = await openFixture()
      fixture.server.putBlob('app', Buffer.from(TEXT))
      Object.assign(fixture.server.faults, fault)
      await assert.rejects(readText(fixture, 'app', LAYER), error)
      assert.equal(blobReads(fixture).length, attempts)
    })
  }

  it('refuses more bytes than the manifest says', async () => {
    await using fixture = await openFixture()
    fixture.server.putBlob('app', Buffer.from(TEXT))
    await assert.rejects(readText(fixture, 'app', { ...LAYER, sizeBytes: 5 }), { name: 'UnsupportedImageError' })
  })

  it('follows a redirect to another host without the credentials', async () => {
    await using storage = await startFakeRegistry()
    await using fixture = await openFixture({ credentials: { kind: 'basic', username: 'me', password: 'pass' } })
    fixture.server.faults.login = { kind: 'basic', username: 'me', password: 'pass' }
    fixture.server.faults.redirectsTo = `http://${storage.host}`
    fixture.server.putBlob('app', Buffer.from(TEXT))
    storage.putBlob('app', Buffer.from(TEXT))
    assert.equal(await readText(fixture, 'app', LAYER, 4), TEXT.slice(4))
    assert.deepEqual(storage.requests.map(({ authorization, range }) => ({ authorization, range })), [{ authorization: undefined, range: 'bytes=4-' }])
  })
})

describe('a manifest', () => {
  const bytes = Buffer.from('{"schemaVersion":2}')
  const manifest = describeBlob(MEDIA_TYPE.ociManifest, digestOf(bytes), bytes.byteLength)

  it('is refused when its bytes are not those of its digest', async () => {
    await using fixture = await openFixture()
    fixture.server.putManifest('app', 'latest', { mediaType: MEDIA_TYPE.ociManifest, bytes })
    fixture.server.faults.corrupts = true
    await assert.rejects(fixture.registry.fetchManifest(referenceTo(fixture, 'app'), manifest, signal), { name: 'BlobCorruptError', expected: manifest.digest })
  })

  it('is refused when the registry answers a digest with another', async () => {
    await using fixture = await openFixture()
    fixture.server.putManifest('app', 'latest', { mediaType: MEDIA_TYPE.ociManifest, bytes })
    Object.assign(fixture.server.faults, { toldDigest: digestOf('other'), corrupts: true })
    await assert.rejects(fixture.registry.resolve(referenceTo(fixture, `app@${manifest.digest}`), signal), { name: 'BlobCorruptError' })
  })

  it('is refused in the format of schema 1, with a word on what to do', async () => {
    await using fixture = await openFixture()
    fixture.server.putManifest('app', 'latest', { mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws', bytes })
    await assert.rejects(fixture.registry.resolve(referenceTo(fixture, 'app'), signal), { name: 'UnsupportedImageError', hint: /push the image again/ })
  })

  it('is reported where the registry kept other bytes than were pushed', async () => {
    await using fixture = await openFixture()
    fixture.server.faults.manifests.keepsOthers = true
    await assert.rejects(fixture.registry.pushManifest(referenceTo(fixture, 'app'), MEDIA_TYPE.ociManifest, bytes, signal), { name: 'BlobCorruptError' })
  })

  it('comes from the mirror where it has it, and from the registry where not', async () => {
    await using mirror = await startFakeRegistry()
    const mirrors = new Map<string, readonly string[]>()
    await using fixture = await openFixture({ hosts: { ...DEFAULT_HOST_CONFIG, mirrors } })
    mirrors.set(fixture.host, ['http://127.0.0.1:1', `http://${mirror.host}`])
    mirror.putManifest('app', 'mirrored', { mediaType: MEDIA_TYPE.ociManifest, bytes })
    fixture.server.putManifest('app', 'original', { mediaType: MEDIA_TYPE.ociManifest, bytes })
    assert.deepEqual(await fixture.registry.resolve(referenceTo(fixture, 'app:mirrored'), signal), manifest)
    assert.deepEqual(await fixture.registry.resolve(referenceTo(fixture, 'app:original'), signal), manifest)
  })
})

describe('a mirror', () => {
  const bytes = Buffer.from('{"schemaVersion":2}')
  const manifest = describeBlob(MEDIA_TYPE.ociManifest, digestOf(bytes), bytes.byteLength)

  it('with other bytes than the digest says is not believed', async () => {
    await using mirror = await startFakeRegistry()
    await using fixture = await openMirrored(mirror)
    mirror.faults.corrupts = true
    for (const server of [mirror, fixture.server]) server.putManifest('app', 'latest', { mediaType: MEDIA_TYPE.ociManifest, bytes })
    const fetched = await fixture.registry.fetchManifest(referenceTo(fixture, 'app'), manifest, signal)
    assert.equal(Buffer.from(fetched).toString(), bytes.toString())
  })

  it('that fails is not asked again at once', async () => {
    await using mirror = await startFakeRegistry()
    await using fixture = await openMirrored(mirror)
    mirror.faults.failing = { count: 9, status: 503, retryAfter: undefined }
    fixture.server.putManifest('app', 'latest', { mediaType: MEDIA_TYPE.ociManifest, bytes })
    await fixture.registry.resolve(referenceTo(fixture, 'app'), signal)
    await fixture.registry.resolve(referenceTo(fixture, 'app'), signal)
    assert.equal(mirror.requests.length, 1)
  })

  async function openMirrored(mirror: FakeRegistry): Promise<FakeFixture> {
    const mirrors = new Map<string, readonly string[]>()
    const fixture = await openFixture({ hosts: { ...DEFAULT_HOST_CONFIG, mirrors } })
    mirrors.set(fixture.host, [`http://${mirror.host}`])
    return fixture
  }
})

describe('an upload', () => {
  it('begins anew in a new session when the connection breaks', async () => {
    await using fixture = await openFixture()
    fixture.server.faults.uploads.dropped = 2
    const descriptor = await push(fixture, 'app', TEXT)
    assert.equal(await readText(fixture, 'app', descriptor), TEXT)
    assert.equal(fixture.server.requests.filter(({ method }) => method === 'POST').length, 3)
  })

  it('is sent in chunks where it is too much for one request', async () => {
    await using fixture = await openFixture()
    fixture.server.faults.uploads.maxPutBytes = 3
    const descriptor = await push(fixture, 'app', TEXT)
    assert.equal(await readText(fixture, 'app', descriptor), TEXT)
    assert.deepEqual(fixture.server.requests.slice(0, -1).map(({ method }) => method), ['GET', 'HEAD', 'GET', 'POST', 'PUT', 'POST', 'PATCH', 'PUT', 'HEAD'])
  })

  it('is reported when the registry kept other bytes', async () => {
    await using fixture = await openFixture()
    fixture.server.faults.toldDigest = digestOf('other')
    fixture.server.faults.uploads.losesBlobs = true
    await assert.rejects(push(fixture, 'app', TEXT), { name: 'BlobCorruptError' })
  })

  it('fails with what its own source threw, and is not repeated', async () => {
    await using fixture = await openFixture()
    let opened = 0
    const open = async function* (): AsyncGenerator<Uint8Array> {
      opened += 1
      yield Buffer.from('half')
      throw new Error('the disk failed')
    }
    await assert.rejects(fixture.registry.pushBlob({ host: fixture.host, repository: 'app' }, { ...blobOf(TEXT), open }, signal), { message: 'the disk failed' })
    assert.equal(opened, 1)
  })
})

describe('a login', () => {
  const token: Login = { kind: 'token', username: 'me', password: 'pass', identityToken: 'refresh' }
  const basic: Login = { kind: 'basic', username: 'me', password: 'pass' }
  const known: { name: string; login: Login; credentials: Credentials | undefined }[] = [
    { name: 'name and password', login: basic, credentials: { kind: 'basic', username: 'me', password: 'pass' } },
    { name: 'a token for name and password', login: token, credentials: { kind: 'basic', username: 'me', password: 'pass' } },
    { name: 'a token for an identity token', login: token, credentials: { kind: 'identity-token', token: 'refresh' } },
    { name: 'a token for anyone', login: { ...token, username: '' }, credentials: undefined },
    {
      name: 'a token of the user',
      login: token,
      credentials: { kind: 'registry-token', token: Buffer.from('grants repository:app:pull,push').toString('base64url') },
    },
  ]
  for (const { name, login, credentials } of known) {
    it(`is answered by ${name}`, async () => {
      await using fixture = await openFixture(credentials === undefined ? {} : { credentials })
      fixture.server.faults.login = login
      const descriptor = await push(fixture, 'app', TEXT)
      assert.equal(await readText(fixture, 'app', descriptor), TEXT)
    })
  }

  const unknown: { name: string; login: Login; credentials: Credentials | undefined }[] = [
    { name: 'no name where one is asked for', login: basic, credentials: undefined },
    { name: 'a wrong password', login: basic, credentials: { kind: 'basic', username: 'me', password: 's3cret' } },
    { name: 'a wrong password for a token', login: token, credentials: { kind: 'basic', username: 'me', password: 's3cret' } },
    { name: 'a wrong identity token', login: token, credentials: { kind: 'identity-token', token: 's3cret' } },
    { name: 'an identity token where a password is asked for', login: basic, credentials: { kind: 'identity-token', token: 's3cret' } },
  ]
  for (const { name, login, credentials } of unknown) {
    it(`is denied to ${name}, and the error tells no secret`, async () => {
      await using fixture = await openFixture(credentials === undefined ? {} : { credentials })
      fixture.server.faults.login = login
      await assert.rejects(push(fixture, 'app', TEXT), (error: Error & { kind: string; hint: string }) => {
        assert.equal(error.name, 'AuthenticationError')
        assert.equal(error.kind, 'denied')
        assert.match(error.hint, new RegExp(`pelago login ${fixture.host}`))
        assert.doesNotMatch(JSON.stringify(error) + error.message + (error.stack ?? ''), /s3cret|czNjcmV0/)
        return true
      })
    })
  }

  it('asks for one token for each repository and use, and keeps it', async () => {
    await using fixture = await openFixture({ credentials: { kind: 'basic', username: 'me', password: 'pass' } })
    fixture.server.faults.login = token
    const first = await push(fixture, 'app', 'one')
    const second = await push(fixture, 'app', 'two')
    await readText(fixture, 'app', first)
    await readText(fixture, 'app', second)
    const scopes = fixture.server.requests.filter(({ path }) => path.startsWith('/token')).map(({ path }) => new URLSearchParams(path.split('?')[1]).get('scope'))
    assert.deepEqual(scopes, ['repository:app:pull,push', 'repository:app:pull'])
  })

  it('to mount asks for both repositories at once', async () => {
    await using fixture = await openFixture({ credentials: { kind: 'basic', username: 'me', password: 'pass' } })
    fixture.server.faults.login = token
    fixture.server.putBlob('from', Buffer.from(TEXT))
    const blob = { ...blobOf(TEXT), mountFrom: { host: fixture.host, repository: 'from' } }
    assert.equal(await fixture.registry.pushBlob({ host: fixture.host, repository: 'to' }, blob, signal), 'mounted')
  })
})

describe('checkLogin', () => {
  const basic: Login = { kind: 'basic', username: 'me', password: 'pass' }
  const token: Login = { kind: 'token', username: 'me', password: 'pass', identityToken: 'refresh' }
  for (const login of [basic, token]) {
    it(`tells a right password from a wrong one, by ${login.kind}`, async () => {
      await using server = await startFakeRegistry()
      server.faults.login = login
      const check = (password: string): Promise<void> => checkLogin(server.host, { ...CONNECTION, credentials: { credentials: async () => ({ kind: 'basic', username: 'me', password }) } }, signal)
      await check('pass')
      await assert.rejects(check('wrong'), { name: 'AuthenticationError', kind: 'denied' })
    })
  }
})

describe('a registry that cannot be reached', () => {
  const cases = [
    { name: 'a port where nobody listens', host: '127.0.0.1:1', message: /the connection was refused/ },
    { name: 'a name that does not resolve', host: 'registry.invalid', message: /does not resolve/ },
  ]
  for (const { name, host, message } of cases) {
    it(`is ${name}`, async () => {
      await using fixture = await openFixture()
      await assert.rejects(fixture.registry.resolve(referenceTo({ host }, 'app'), signal), { name: 'RegistryUnavailableError', kind: 'unavailable', message })
    })
  }
})

function blobReads({ server }: FakeFixture): FakeRegistry['requests'] {
  return server.requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))
}

