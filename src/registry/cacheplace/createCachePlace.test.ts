import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCachePlace } from './createCachePlace.ts'
import { parseGhaAttributes } from './gha/ghaAttributes.ts'
import { parseS3Attributes } from './s3/s3Attributes.ts'

const NOW = Date.UTC(2026, 0, 1)

function tokenOf(claims: Readonly<Record<string, unknown>>): string {
  return ['{}', JSON.stringify(claims), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')
}

const TOKEN = tokenOf({ exp: NOW / 1000 + 60, ac: '[{"Scope":"refs/heads/main","Permission":3}]' })

describe('a place in S3', () => {
  const bases: { name: string; given: Record<string, string>; want: string }[] = [
    { name: "is AWS's where nothing else is said", given: {}, want: 'https://ci1.s3.eu-west-1.amazonaws.com/' },
    { name: 'is in China where the region is', given: { region: 'cn-north-1' }, want: 'https://ci1.s3.cn-north-1.amazonaws.com.cn/' },
    { name: 'has a name with dots in the path, for no certificate has it', given: { bucket: 'ci.example' }, want: 'https://s3.eu-west-1.amazonaws.com/ci.example/' },
    { name: 'has its bucket in the host of another endpoint', given: { endpoint_url: 'https://storage.example/s3' }, want: 'https://ci1.storage.example/s3/' },
    { name: 'has it in the path where that is said', given: { endpoint_url: 'https://storage.example:9000/', use_path_style: 'true' }, want: 'https://storage.example:9000/ci1/' },
    { name: 'has it in the path of an address', given: { endpoint_url: 'http://127.0.0.1:9000' }, want: 'http://127.0.0.1:9000/ci1/' },
    { name: "has AWS's host whatever is said of the path", given: { use_path_style: 'true' }, want: 'https://ci1.s3.eu-west-1.amazonaws.com/' },
  ]
  for (const { name, given, want } of bases) {
    it(name, () => assert.equal(parseS3Attributes(new Map(Object.entries({ bucket: 'ci1', region: 'eu-west-1', ...given }))).base.href, want))
  }

  it("has BuildKit's defaults", () => {
    const { names, manifestsPrefix, blobsPrefix, touchRefreshMs, uploadsAtOnce, credentials } = parseS3Attributes(new Map([['bucket', 'cix'], ['region', 'r1']]))
    assert.deepEqual({ names, manifestsPrefix, blobsPrefix, touchRefreshMs, uploadsAtOnce, credentials }, { names: ['buildkit'], manifestsPrefix: 'manifests/', blobsPrefix: 'blobs/', touchRefreshMs: 86_400_000, uploadsAtOnce: 4, credentials: undefined })
  })

  const wrong: { name: string; given: Record<string, string>; want: RegExp }[] = [
    { name: 'no bucket', given: { bucket: '' }, want: /has no bucket/ },
    { name: 'no region', given: { region: '' }, want: /has no region/ },
    { name: 'a bucket that is a path', given: { bucket: '../other' }, want: /invalid name of a bucket/ },
    { name: 'a number of uploads that is none', given: { upload_parallelism: '0' }, want: /upload_parallelism is a number from 1 on/ },
    { name: 'a flag that is none', given: { use_path_style: 'yes' }, want: /use_path_style is true or false/ },
    { name: 'an endpoint that is none', given: { endpoint_url: 'storage.example' }, want: /endpoint_url is an address/ },
    { name: 'credentials in its endpoint', given: { endpoint_url: 'https://me:secret@storage.example' }, want: /^a cache's endpoint_url has credentials in it$/ },
    { name: 'no duration', given: { touch_refresh: 'often' }, want: /invalid duration/ },
    { name: 'no name', given: { name: ';' }, want: /name is empty/ },
  ]
  for (const { name, given, want } of wrong) {
    it(`does not take ${name}`, () => assert.throws(() => parseS3Attributes(new Map(Object.entries({ bucket: 'cix', region: 'r1', ...given }))), { name: 'InvalidValueError', message: want }))
  }
})

describe("a place of GitHub's", () => {
  const services: { name: string; given: Record<string, string>; want: { version: number; href: string } }[] = [
    { name: 'is of version 2 where there is an address for it', given: { url: 'http://one/', url_v2: 'http://two/' }, want: { version: 2, href: 'http://two/' } },
    { name: 'is of version 1 where that is said', given: { url: 'http://one/', url_v2: 'http://two/', version: '1' }, want: { version: 1, href: 'http://one/' } },
    { name: 'is of version 1 where there is but one address', given: { url: 'http://one/' }, want: { version: 1, href: 'http://one/' } },
    { name: "is of version 2 at GitHub's own address", given: { url: 'https://results-receiver.actions.githubusercontent.com/' }, want: { version: 2, href: 'https://results-receiver.actions.githubusercontent.com/' } },
  ]
  for (const { name, given, want } of services) {
    it(name, () => {
      const { service } = parseGhaAttributes(new Map(Object.entries({ token: TOKEN, ...given })), NOW)
      assert.deepEqual({ version: service.version, href: service.url.href }, want)
    })
  }

  const wrong: { name: string; given: Record<string, string>; want: RegExp }[] = [
    { name: 'no token', given: { token: '' }, want: /has no token/ },
    { name: 'no address', given: { url: '' }, want: /has no url/ },
    { name: 'what is no token', given: { token: 'secret' }, want: /^GitHub's token for the cache is no JSON web token$/ },
    { name: 'a token that expired', given: { token: tokenOf({ exp: NOW / 1000 - 60, ac: '[]' }) }, want: /expired at 2025-12-31T23:59:00.000Z/ },
    { name: 'a token without access controls', given: { token: tokenOf({ exp: NOW / 1000 + 60 }) }, want: /has no ac/ },
    { name: 'a version that is none', given: { version: '3' }, want: /versions 1 and 2/ },
    { name: 'a repository that is none', given: { repository: '../x' }, want: /repository is owner\/name/ },
  ]
  for (const { name, given, want } of wrong) {
    it(`does not take ${name}`, () => assert.throws(() => parseGhaAttributes(new Map(Object.entries({ token: TOKEN, url: 'http://one/', ...given })), NOW), { name: 'InvalidValueError', message: want }))
  }
})

describe('another kind of place', () => {
  it('is refused by name, with what there is', () => {
    const options = { userAgent: 'test', proxy: { http: '', https: '', except: '' }, retries: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1, random: () => 0 }, awsCredentials: { credentials: () => Promise.resolve(undefined) }, now: Date.now }
    assert.throws(() => createCachePlace('azblob', new Map(), options), { name: 'InvalidValueError', message: 'there are no caches of type=azblob', hint: /type=s3/ })
  })
})
