import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { manifestTypeOf } from './manifests/manifestType.ts'
import { readWaitMs } from './rateLimit.ts'
import { parseRefusalBody } from './response.ts'

describe('parseRefusalBody', () => {
  const cases = [
    { text: '{"errors":[{"code":"denied","message":"no"},{"message":"never"}]}', want: { codes: ['DENIED', ''], detail: 'denied: no; never' } },
    { text: '{"details":"it is closed"}', want: { codes: [], detail: 'it is closed' } },
    { text: '<html><TITLE> 413 Request Entity Too Large </TITLE>', want: { codes: [], detail: "a web page, not a registry's answer: 413 Request Entity Too Large" } },
    { text: '{"errors":"odd"}', want: { codes: [], detail: '' } },
    { text: '', want: { codes: [], detail: '' } },
  ]
  for (const { text, want } of cases) it(`reads ${text}`, () => assert.deepEqual(parseRefusalBody(text), want))

  it('takes any text', () => fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof parseRefusalBody(text).detail === 'string')))
})

describe('readWaitMs', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const cases: { headers: Record<string, string>; want: number | undefined }[] = [
    { headers: { 'retry-after': '3' }, want: 3000 },
    { headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, want: 5000 },
    { headers: { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, want: 0 },
    { headers: { 'retry-after': 'soon', 'ratelimit-reset': '7' }, want: 7000 },
    { headers: { ratelimit: 'limit=100, remaining=0, reset=9' }, want: 9000 },
    { headers: { ratelimit: '"default";r=0;t=11' }, want: 11_000 },
    { headers: {}, want: undefined },
  ]
  for (const { headers, want } of cases) it(`of ${JSON.stringify(headers)} is ${String(want)}`, () => assert.equal(readWaitMs({ header: (name) => new Map(Object.entries(headers)).get(name) }, now), want))
})

describe('manifestTypeOf', () => {
  const { ociIndex, ociManifest, dockerManifest } = MEDIA_TYPE
  const cases: { name: string; contentType: string | undefined; json: unknown; want: string }[] = [
    { name: 'goes by the document where the header says another of its kind', contentType: dockerManifest, json: { schemaVersion: 2, mediaType: ociManifest }, want: ociManifest },
    { name: 'stays what it came as where the document says another kind', contentType: ociManifest, json: { schemaVersion: 2, mediaType: ociIndex }, want: ociManifest },
    { name: 'goes by the fields of an index', contentType: undefined, json: { schemaVersion: 2, manifests: [] }, want: ociIndex },
    { name: 'goes by the fields of a manifest', contentType: 'text/plain', json: { schemaVersion: 2, config: {}, layers: [] }, want: ociManifest },
    { name: 'is what it came as where the document says nothing', contentType: 'text/plain', json: { schemaVersion: 1 }, want: 'text/plain' },
    { name: 'is nothing where nothing is known', contentType: undefined, json: [], want: '' },
    { name: 'does not trip over a media type that is no text', contentType: undefined, json: { schemaVersion: 2, mediaType: 7, layers: [], config: {} }, want: '' },
  ]
  for (const { name, contentType, json, want } of cases) it(name, () => assert.equal(manifestTypeOf(contentType, Buffer.from(JSON.stringify(json))), want))
})
