import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../../ground/digest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { annotateIndex } from './annotateIndex.ts'
import { filterPlatforms, platformNames } from './filterPlatforms.ts'
import { formatIndexDocument, makeIndexDocument, parseEntry, parseIndexDocument, type JsonFields } from './indexDocument.ts'
import { mergeEntries } from './mergeEntries.ts'

const { ociManifest, dockerManifest, ociIndex, dockerIndex } = MEDIA_TYPE
const fieldsOf = (name: string, more: JsonFields = {}): JsonFields => ({ mediaType: ociManifest, digest: digestOf(name), size: 1, ...more })
const merge = (...fields: readonly JsonFields[]): readonly JsonFields[] => mergeEntries(fields.map(parseEntry)).map((entry) => entry.fields)
const LINUX_AMD64 = { architecture: 'amd64', os: 'linux' }

describe('entries of several sources', () => {
  const cases: readonly { readonly name: string; readonly entries: readonly JsonFields[]; readonly want: readonly JsonFields[] }[] = [
    { name: 'stay in their order', entries: [fieldsOf('b'), fieldsOf('a')], want: [fieldsOf('b'), fieldsOf('a')] },
    { name: 'of one digest are one, at the first place', entries: [fieldsOf('a'), fieldsOf('b'), fieldsOf('a')], want: [fieldsOf('a'), fieldsOf('b')] },
    { name: 'of one platform and different digests both stay', entries: [fieldsOf('a', { platform: LINUX_AMD64 }), fieldsOf('b', { platform: LINUX_AMD64 })], want: [fieldsOf('a', { platform: LINUX_AMD64 }), fieldsOf('b', { platform: LINUX_AMD64 })] },
    { name: 'get the platform of the later source, and annotations of both', entries: [fieldsOf('a', { platform: LINUX_AMD64, annotations: { k: '1', l: '1' } }), fieldsOf('a', { platform: { ...LINUX_AMD64, variant: 'v2' }, annotations: { k: '2' } })], want: [fieldsOf('a', { annotations: { k: '2', l: '1' }, platform: { ...LINUX_AMD64, variant: 'v2' } })] },
    { name: 'keep a platform that the later source does not name', entries: [fieldsOf('a', { platform: LINUX_AMD64 }), fieldsOf('a')], want: [fieldsOf('a', { platform: LINUX_AMD64 })] },
    { name: 'lose fields that no specification has', entries: [fieldsOf('a', { strange: 1, urls: ['http://u'], data: 'YQ==', artifactType: 'x/y' })], want: [fieldsOf('a', { urls: ['http://u'], data: 'YQ==', artifactType: 'x/y' })] },
  ]
  for (const { name, entries, want } of cases) it(name, () => assert.deepEqual(merge(...entries), want))

  it('have their fields in the order of Go\'s structures', () => {
    const [entry] = merge({ artifactType: 'x/y', platform: { variant: 'v8', os: 'linux', 'os.features': ['f'], architecture: 'arm64', 'os.version': '' }, size: 1, annotations: { b: '1', a: '<' }, digest: digestOf('a'), mediaType: ociManifest })
    assert.equal(JSON.stringify(entry), `{"mediaType":"${ociManifest}","digest":"${digestOf('a')}","size":1,"annotations":{"a":"<","b":"1"},"platform":{"architecture":"arm64","os":"linux","os.features":["f"],"variant":"v8"},"artifactType":"x/y"}`)
  })
})

describe('the media type of a new index', () => {
  for (const { name, types, want } of [
    { name: 'Docker\'s of Docker\'s images', types: [dockerManifest, dockerManifest], want: dockerIndex },
    { name: 'OCI\'s of OCI\'s', types: [ociManifest], want: ociIndex },
    { name: 'OCI\'s of both', types: [dockerManifest, ociManifest], want: ociIndex },
  ]) {
    it(`is ${name}`, () => assert.equal(makeIndexDocument(types.map((mediaType, index) => parseEntry(fieldsOf(`${index}`, { mediaType })))).mediaType, want))
  }
})

describe('annotations of a new index', () => {
  const made = makeIndexDocument([fieldsOf('a', { platform: LINUX_AMD64, annotations: { old: '1' } }), fieldsOf('b', { platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } }), fieldsOf('c')].map(parseEntry))

  it('are put on the index, on all entries or on those of a platform', () => {
    const annotated = annotateIndex(made, [
      { kind: 'index', key: 'i', value: '1' },
      { kind: 'manifest-descriptor', platform: undefined, key: 'all', value: '2' },
      { kind: 'manifest-descriptor', platform: parsePlatform('linux/arm64'), key: 'arm', value: '3' },
    ])
    assert.deepEqual(annotated.fields['annotations'], { i: '1' })
    assert.deepEqual(annotated.entries.map(({ fields }) => fields['annotations']), [{ all: '2', old: '1' }, { all: '2', arm: '3' }, { all: '2' }])
  })

  it('are refused by Docker\'s manifest list', () => {
    const list = makeIndexDocument([parseEntry(fieldsOf('a', { mediaType: dockerManifest }))])
    assert.throws(() => annotateIndex(list, [{ kind: 'index', key: 'k', value: 'v' }]), { name: 'AnnotationRefusedError' })
  })
})

describe('a filter of platforms', () => {
  const note = (name: string, of: string): JsonFields => fieldsOf(name, { platform: { architecture: 'unknown', os: 'unknown' }, annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digestOf(of) } })
  const all = [fieldsOf('a', { platform: LINUX_AMD64 }), note('na', 'a'), fieldsOf('b', { platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } }), note('nb', 'b'), fieldsOf('c')].map(parseEntry)
  const kept = (...platforms: readonly string[]): readonly string[] => filterPlatforms(all, platforms.map((text) => parsePlatform(text))).map(({ descriptor }) => descriptor.digest)
  it('keeps the platform, its attestations, and what has none', () => assert.deepEqual(kept('linux/arm64'), [digestOf('b'), digestOf('nb'), digestOf('c')]))
  it('names platforms so that no terminal takes them for commands', () => assert.deepEqual(platformNames([parseEntry(fieldsOf('a', { platform: { os: 'linux', architecture: '\u001b[2Jx' } }))]), ['linux/?[2jx']))
  it('keeps several', () => assert.equal(kept('linux/arm64', 'linux/amd64').length, 5))
})

describe('an index document', () => {
  it('is the same when it is read again, whatever is in it', () => {
    const texts = fc.dictionary(fc.string(), fc.string())
    const entry = fc.record({ name: fc.string(), annotations: texts, strange: fc.jsonValue() }).map(({ name, annotations, strange }) => fieldsOf(name, { annotations, 'x-strange': strange as never }))
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), texts, (manifests, annotations) => {
        const text = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests, annotations, 'x-more': true })
        const again = formatIndexDocument(parseIndexDocument(Buffer.from(text), ociIndex))
        assert.deepEqual(JSON.parse(Buffer.from(again).toString()), JSON.parse(text))
      }),
    )
  })
})
