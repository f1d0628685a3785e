import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startActionsCacheServer, type ActionsCacheServer } from '../../../../test/support/servers/actionsCacheServer.ts'
import { createHttpClient } from '../../../kit/http.ts'
import type { CachePlace } from '../cachePlace.ts'
import { blobOf, cachePlaceSuite, readBytes } from '../cachePlace.suite.ts'
import { BLOCK_BYTES } from './azureBlocks.ts'
import { parseGhaAttributes } from './ghaAttributes.ts'
import { createGhaPlace } from './ghaPlace.ts'

const signal = new AbortController().signal
const MAIN = 'refs/heads/main'
const TOPIC = 'refs/heads/topic'

interface GhaFixture extends AsyncDisposable {
  readonly server: ActionsCacheServer
  open(version: 1 | 2, changes?: Readonly<Record<string, string>>): CachePlace
}

async function openFixture(): Promise<GhaFixture> {
  const stack = new AsyncDisposableStack()
  const server = stack.use(await startActionsCacheServer())
  return {
    server,
    open: (version, changes = {}) =>
      stack.use(createGhaPlace(parseGhaAttributes(new Map([...server.attributes(version), ...Object.entries(changes)]), Date.now()), {
        http: createHttpClient({ userAgent: 'test', connectionsPerOrigin: 4, proxy: { http: '', https: '', except: '' } }),
        retries: { attempts: 3, firstDelayMs: 1, maxDelayMs: 2, random: () => 0 },
        entryWait: { pauseMs: 1, longestMs: 3 },
        api: new URL(`${server.url}/api/`),
        now: Date.now,
      })),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

for (const version of [1, 2] as const) {
  cachePlaceSuite(`GitHub's service of version ${version}`, async () => {
    const fixture = await openFixture()
    return { place: fixture.open(version), again: fixture.open(version), manyPiecesBytes: 2 * BLOCK_BYTES + 5, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() }
  })

  describe(`GitHub's service of version ${version}`, () => {
    const { blob, content } = blobOf(Buffer.from('all the bytes of a layer'))

    it("has BuildKit's keys", async () => {
      await using fixture = await openFixture()
      const place = fixture.open(version, { scope: 'app' })
      await place.writeBlob(blob, signal)
      for (const text of ['{}', '[]']) await place.writeConfig(Buffer.from(text), signal)
      // the first eight digits of SHA-256 of refs/heads/main
      assert.deepEqual(fixture.server.keys(), [`buildkit-blob-1-${blob.digest}`, 'index-app-1-f921bd05#1', 'index-app-1-f921bd05#2'])
    })

    it('asks for all keys at once where it may', async () => {
      await using fixture = await openFixture()
      const listing = { repository: 'team/app', ghtoken: fixture.server.restToken }
      const blobs = Array.from({ length: 101 }, (_, index) => blobOf(Buffer.from(`layer ${index}`)).blob)
      const first = fixture.open(version, listing)
      for (const one of blobs) await first.writeBlob(one, signal)
      fixture.server.log.length = 0
      const place = fixture.open(version, listing)
      for (const one of blobs) assert.equal(await place.writeBlob(one, signal), 'present')
      assert.equal(fixture.server.log.length, 2)
      assert.equal(await place.writeBlob(blob, signal), 'uploaded')
    })

    it('asks for each key where the list cannot be had', async () => {
      await using fixture = await openFixture()
      const listing = { repository: 'team/app', ghtoken: 'wrong' }
      assert.equal(await fixture.open(version, listing).writeBlob(blob, signal), 'uploaded')
      assert.equal(await fixture.open(version, listing).writeBlob(blob, signal), 'present')
    })

    it('keeps scopes apart', async () => {
      await using fixture = await openFixture()
      await fixture.open(version, { scope: 'app' }).writeConfig(Buffer.from('{}'), signal)
      assert.equal((await fixture.open(version, { scope: 'app' }).readConfigs(signal)).length, 1)
      for (const scope of ['ap', 'app-1', 'buildkit']) assert.equal((await fixture.open(version, { scope }).readConfigs(signal)).length, 0)
    })

    it('reads what its branch has, and then what the default one has', async () => {
      await using fixture = await openFixture()
      const { server } = fixture
      await fixture.open(version, { token: server.issueToken([{ branch: MAIN, permission: 3 }]) }).writeConfig(Buffer.from('of main'), signal)
      const topic = fixture.open(version, { token: server.issueToken([{ branch: TOPIC, permission: 3 }, { branch: MAIN, permission: 1 }]) })
      assert.deepEqual(await readTexts(topic), ['of main'])
      await topic.writeConfig(Buffer.from('of topic'), signal)
      assert.deepEqual(await readTexts(topic), ['of topic', 'of main'])
      assert.deepEqual(await readTexts(fixture.open(version)), ['of main'])
    })

    it('passes over an index that another has begun and not finished', async () => {
      await using fixture = await openFixture()
      const place = fixture.open(version)
      await place.writeConfig(Buffer.from('first'), signal)
      for (const number of [2, 3]) fixture.server.reserve(`index-buildkit-1-f921bd05#${number}`, MAIN)
      await place.writeConfig(Buffer.from('second'), signal)
      assert.deepEqual(await readTexts(place), ['second'])
      assert.equal(fixture.server.keys().at(-1), 'index-buildkit-1-f921bd05#4')
    })

    it('does not wait for a blob that another is writing', async () => {
      await using fixture = await openFixture()
      fixture.server.reserve(`buildkit-blob-1-${blob.digest}`, MAIN)
      assert.equal(await fixture.open(version).writeBlob({ ...blob, open: () => assert.fail('sent') }, signal), 'present')
    })

    it('goes on where the connection broke', async () => {
      await using fixture = await openFixture()
      await fixture.open(version).writeBlob(blob, signal)
      fixture.server.drops.push(10, 4)
      assert.deepEqual(await readBytes(fixture.open(version), blob.digest), content)
      assert.equal(fixture.server.drops.length, 0)
    })

    it('waits where too much is asked, and tries again what fails', async () => {
      await using fixture = await openFixture()
      const limited = { matches: /^(GET|POST) \/(_apis|twirp)/, status: 429, headers: { 'retry-after': '0' } }
      fixture.server.refusals.push(limited, limited, limited, limited, { matches: /^(PATCH|PUT)/, status: 503 }, { matches: /^(PATCH|PUT)/, status: 0 })
      assert.equal(await fixture.open(version).writeBlob(blob, signal), 'uploaded')
      assert.equal(fixture.server.refusals.length, 0)
    })

    it('gives up where it is to wait longer than the timeout', async () => {
      await using fixture = await openFixture()
      fixture.server.refusals.push({ matches: /./, status: 429, headers: { 'retry-after': '3600' } })
      await assert.rejects(fixture.open(version, { timeout: '10m' }).readConfigs(signal), { name: 'CacheRequestsLimitedError' })
    })

    it('tells what the service says of an entry that it does not take', async () => {
      await using fixture = await openFixture()
      fixture.server.refusals.push({ matches: /^POST .*(CreateCacheEntry|caches)/, status: 413, body: '{"typeKey":"TooLarge","code":"out_of_range","message":"over the limit"}' })
      await assert.rejects(fixture.open(version).writeBlob(blob, signal), { name: 'CacheQuotaError', message: /over the limit/ })
    })

    it('says that a blob is gone', async () => {
      await using fixture = await openFixture()
      const place = fixture.open(version)
      await place.writeBlob(blob, signal)
      fixture.server.forget(`buildkit-blob-1-${blob.digest}`)
      await assert.rejects(readBytes(place, blob.digest), { name: 'CacheBlobMissingError' })
    })

    it('writes nothing with a token that may only read', async () => {
      await using fixture = await openFixture()
      const place = fixture.open(version, { token: fixture.server.issueToken([{ branch: MAIN, permission: 1 }]) })
      await assert.rejects(place.writeBlob(blob, signal), { name: 'CacheAccessDeniedError' })
      await assert.rejects(place.writeConfig(content, signal), { name: 'CacheAccessDeniedError' })
      assert.deepEqual(await place.readConfigs(signal), [])
    })

    it('is denied with the token of another', async () => {
      await using fixture = await openFixture()
      await using other = await openFixture()
      const token = other.server.issueToken([{ branch: MAIN, permission: 3 }])
      await assert.rejects(fixture.open(version, { token }).readConfigs(signal), (error: Error) => error.name === 'CacheAccessDeniedError' && !error.message.includes(token))
    })
  })
}

async function readTexts(place: CachePlace): Promise<readonly string[]> {
  return (await place.readConfigs(signal)).map((bytes) => Buffer.from(bytes).toString())
}
