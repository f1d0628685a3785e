import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startS3Server, type S3Server } from '../../../../test/support/servers/s3Server.ts'
import type { CachePlace } from '../cachePlace.ts'
import { blobOf, cachePlaceSuite, readBytes } from '../cachePlace.suite.ts'
import { createCachePlace } from '../createCachePlace.ts'
import { PART_BYTES } from './s3Upload.ts'

const signal = new AbortController().signal

interface S3Fixture extends AsyncDisposable {
  readonly server: S3Server
  open(changes?: Readonly<Record<string, string>>, now?: () => number): CachePlace
}

async function openFixture(): Promise<S3Fixture> {
  const stack = new AsyncDisposableStack()
  const server = stack.use(await startS3Server())
  return {
    server,
    open: (changes = {}, now = Date.now) =>
      stack.use(createCachePlace('s3', new Map([...server.attributes, ...Object.entries(changes)]), {
        userAgent: 'test',
        proxy: { http: '', https: '', except: '' },
        retries: { attempts: 3, firstDelayMs: 1, maxDelayMs: 2, random: () => 0 },
        awsCredentials: { credentials: () => Promise.resolve(undefined) },
        now,
      })),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

cachePlaceSuite('a bucket', async () => {
  const fixture = await openFixture()
  return { place: fixture.open(), again: fixture.open(), manyPiecesBytes: 2 * PART_BYTES + 5, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() }
})

describe('a bucket', () => {
  const { blob, content } = blobOf(Buffer.from('all the bytes of a layer'))

  it("has BuildKit's names", async () => {
    await using fixture = await openFixture()
    const place = fixture.open({ prefix: 'team/', name: 'main;topic' })
    await place.writeBlob(blob, signal)
    await place.writeConfig(Buffer.from('{}'), signal)
    const puts = fixture.server.log.filter((line) => line.startsWith('PUT'))
    assert.deepEqual(puts, [`blobs/${encodeURIComponent(blob.digest)}`, 'manifests/main', 'manifests/topic'].map((name) => `PUT /ci-caches/team/${name} 200`))
    for (const name of ['main', 'topic']) assert.equal((await fixture.open({ prefix: 'team/', name }).readConfigs(signal)).length, 1)
    assert.equal((await fixture.open({ prefix: 'team/', name: 'other' }).readConfigs(signal)).length, 0)
    assert.equal((await fixture.open({ name: 'main' }).readConfigs(signal)).length, 0)
  })

  it('makes new what is old and needed', async () => {
    await using fixture = await openFixture()
    await fixture.open().writeBlob(blob, signal)
    fixture.server.log.length = 0
    assert.equal(await fixture.open({ touch_refresh: '1h' }).writeBlob(blob, signal), 'present')
    assert.deepEqual(fixture.server.log.map((line) => line.slice(0, 4)), ['HEAD'])
    const later = (): number => Date.now() + 2_000
    assert.equal(await fixture.open({ touch_refresh: '0s' }, later).writeBlob({ ...blob, open: () => assert.fail('sent again') }, signal), 'present')
    assert.match(fixture.server.log.at(-1) ?? '', /^PUT .* 200$/)
    assert.deepEqual(await readBytes(fixture.open(), blob.digest), content)
  })

  it('goes on where the connection broke', async () => {
    await using fixture = await openFixture()
    await fixture.open().writeBlob(blob, signal)
    fixture.server.drops.push(10, 4)
    assert.deepEqual(await readBytes(fixture.open(), blob.digest), content)
    assert.equal(fixture.server.drops.length, 0)
  })

  it('is asked again where it fails or wants a pause', async () => {
    await using fixture = await openFixture()
    const slow = { matches: /PUT/, status: 503, body: '<Error><Code>SlowDown</Code><Message>reduce your rate</Message></Error>', headers: { 'retry-after': '0' } }
    fixture.server.refusals.push({ matches: /HEAD/, status: 500 }, { matches: /PUT/, status: 0 }, slow)
    assert.equal(await fixture.open().writeBlob(blob, signal), 'uploaded')
    assert.equal(fixture.server.refusals.length, 0)
  })

  it('takes an upload in parts away where one fails', async () => {
    await using fixture = await openFixture()
    fixture.server.refusals.push({ matches: /partNumber=2/, status: 400, body: '<Error><Code>InvalidPart</Code></Error>' })
    await assert.rejects(fixture.open().writeBlob(blobOf(Buffer.alloc(2 * PART_BYTES + 1)).blob, signal), { name: 'CachePlaceRefusedError' })
    assert.ok(fixture.server.log.some((line) => /^DELETE .*uploadId=/.test(line)))
  })

  const refusals: { name: string; changes: Record<string, string>; want: { name: string; message: RegExp } }[] = [
    { name: 'wrong secret', changes: { secret_access_key: 'wrong' }, want: { name: 'CacheAccessDeniedError', message: /SignatureDoesNotMatch/ } },
    { name: 'unknown key', changes: { access_key_id: 'unknown' }, want: { name: 'CacheAccessDeniedError', message: /InvalidAccessKeyId/ } },
    { name: 'bucket that is not there', changes: { bucket: 'elsewhere' }, want: { name: 'CachePlaceMissingError', message: /NoSuchBucket/ } },
    { name: 'server that is not there', changes: { endpoint_url: 'http://127.0.0.1:1' }, want: { name: 'CachePlaceUnavailableError', message: /refused/ } },
  ]
  for (const { name, changes, want } of refusals) {
    it(`tells of a ${name}`, async () => {
      await using fixture = await openFixture()
      await assert.rejects(fixture.open(changes).readConfigs(signal), want)
    })
  }

  it('does nothing without credentials', async () => {
    await using fixture = await openFixture()
    await assert.rejects(fixture.open({ access_key_id: '' }).readConfigs(signal), { name: 'CacheAccessDeniedError', message: /no credentials/ })
    assert.deepEqual(fixture.server.log, [])
  })
})
