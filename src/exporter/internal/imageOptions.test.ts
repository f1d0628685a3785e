import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatReference } from '../../ground/reference.ts'
import { createAttributeReader, type AttributeReader } from './attributeReader.ts'
import { readImageOptions, readNames, type ImageOptions } from './imageOptions.ts'

function reader(attributes: Readonly<Record<string, string>>): AttributeReader {
  return createAttributeReader('image', new Map(Object.entries(attributes)))
}

function optionsOf(attributes: Readonly<Record<string, string>>): ImageOptions {
  const read = reader(attributes)
  const options = readImageOptions(read, { mediaTypes: 'docker', takesInlineOnly: false })
  read.finish()
  return options
}

describe('readImageOptions', () => {
  it('packs as gzip, keeps what base images are packed as, and all times', () => {
    assert.deepEqual(optionsOf({}), { mediaTypes: 'docker', pack: { compression: 'gzip', level: undefined, isForced: false, clampTimeSeconds: undefined }, annotations: [], attestationStyle: 'artifact', takesInlineOnly: false, epochSeconds: undefined, rewritesTimes: false })
  })

  for (const { name, attributes } of [
    { name: 'asked for', attributes: { 'oci-mediatypes': 'true' } },
    { name: 'asked for without a value', attributes: { 'oci-mediatypes': '' } },
    { name: 'needed by zstd', attributes: { compression: 'zstd' } },
    { name: 'needed by annotations', attributes: { 'oci-mediatypes': 'false', 'annotation.a': 'b' } },
  ]) {
    it(`takes OCI media types where they are ${name}`, () => assert.equal(optionsOf(attributes).mediaTypes, 'oci'))
  }

  it('sets times in layers to the epoch only where it is told to rewrite them', () => {
    assert.equal(optionsOf({ 'source-date-epoch': '5' }).pack.clampTimeSeconds, undefined)
    assert.equal(optionsOf({ 'source-date-epoch': '5', 'rewrite-timestamp': '1' }).pack.clampTimeSeconds, 5)
    assert.equal(optionsOf({ 'source-date-epoch': '5' }).epochSeconds, 5)
  })

  it('reads where an annotation belongs', () => {
    const { annotations } = optionsOf({ 'annotation.a.b=c': '1', 'annotation-index.x': '2', 'annotation-manifest-descriptor[linux/arm64].y': '3' })
    assert.deepEqual(annotations.map(({ target, platform, key, value }) => [target, platform?.architecture, key, value]), [
      ['manifest', undefined, 'a.b=c', '1'],
      ['index', undefined, 'x', '2'],
      ['manifest-descriptor', 'arm64', 'y', '3'],
    ])
  })

  for (const attributes of [
    { compression: 'estargz' },
    { compression: 'constructor' },
    { 'compression-level': '10' },
    { 'compression-level': 'high' },
    { compression: 'zstd', 'compression-level': '23' },
    { 'force-compression': 'maybe' },
    { 'source-date-epoch': 'now' },
    { 'annotation[linux/x/y/z].k': 'v' },
    { 'annotation-index[linux/arm64].k': 'v' },
    { 'annotaton.k': 'v' },
    { unheard: 'of' },
  ]) {
    it(`refuses ${JSON.stringify(attributes)}`, () => assert.throws(() => optionsOf(attributes), { name: 'InvalidValueError', kind: 'usage' }))
  }
})

describe('readNames', () => {
  it('reads names and whether their tag was written', () => {
    assert.deepEqual(
      readNames(reader({ name: 'app,localhost:5000/team/app:latest,x/y:1' })).map(({ reference, hasTag }) => [formatReference(reference), hasTag]),
      [['docker.io/library/app:latest', false], ['localhost:5000/team/app:latest', true], ['docker.io/x/y:1', true]],
    )
  })

  it('refuses a digest', () => assert.throws(() => readNames(reader({ name: `app@sha256:${'0'.repeat(64)}` })), { name: 'InvalidValueError' }))
})
