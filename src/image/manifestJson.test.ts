import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeBlob } from '../ground/oci/descriptor.ts'
import { digestOf } from '../ground/digest.ts'
import type { Index, Manifest } from '../ground/oci/manifest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { parsePlatform } from '../ground/platform.ts'
import { formatIndex, formatManifest, MAX_MANIFEST_BYTES, parseIndex, parseManifest } from './manifestJson.ts'

const CONFIG = describeBlob(MEDIA_TYPE.ociConfig, digestOf('config'), 6)
const LAYER = describeBlob(MEDIA_TYPE.ociLayerGzip, digestOf('layer'), 5)
const MANIFEST: Manifest = {
  mediaType: MEDIA_TYPE.ociManifest,
  artifactType: undefined,
  config: CONFIG,
  layers: [LAYER, LAYER],
  subject: undefined,
  annotations: new Map([['b', '<2>'], ['a', '1']]),
}
const INDEX: Index = {
  mediaType: MEDIA_TYPE.ociIndex,
  artifactType: 'application/x',
  manifests: [{ ...describeBlob(MEDIA_TYPE.ociManifest, digestOf('m'), 1), platform: parsePlatform('linux/arm/v7'), annotations: new Map([['k', 'v']]) }],
  subject: LAYER,
  annotations: new Map(),
}

function bytesOf(document: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(document))
}

describe('a manifest', () => {
  it('has the bytes that BuildKit would write', () => {
    assert.equal(
      Buffer.from(formatManifest({ ...MANIFEST, layers: [] })).toString(),
      `{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": "${CONFIG.digest}",
    "size": 6
  },
  "layers": [],
  "annotations": {
    "a": "1",
    "b": "\\u003c2\\u003e"
  }
}`,
    )
  })

  it('is written again with the same bytes after it was read', () => {
    const bytes = formatManifest(MANIFEST)
    assert.deepEqual(formatManifest(parseManifest(bytes, MEDIA_TYPE.ociManifest)), bytes)
  })

  it('need not name its own media type', () => {
    const { mediaType } = parseManifest(bytesOf({ schemaVersion: 2, config: { mediaType: 'x', digest: CONFIG.digest, size: 1 } }), MEDIA_TYPE.ociManifest)
    assert.equal(mediaType, MEDIA_TYPE.ociManifest)
  })

  for (const { name, document } of [
    { name: 'of schema 1', document: { schemaVersion: 1, config: {} } },
    { name: 'that is an index too', document: { schemaVersion: 2, config: CONFIG, manifests: [] } },
    { name: 'that says it is an index', document: { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, config: CONFIG } },
    { name: 'without a config', document: { schemaVersion: 2 } },
    { name: 'with a negative size', document: { schemaVersion: 2, config: { mediaType: 'x', digest: CONFIG.digest, size: -1 } } },
    { name: 'with a digest that is none', document: { schemaVersion: 2, config: { mediaType: 'x', digest: 'sha256:x', size: 1 } } },
    { name: 'that is a list', document: [] },
    { name: 'of more than 4 MiB', document: { schemaVersion: 2, pad: 'x'.repeat(MAX_MANIFEST_BYTES) } },
  ]) {
    it(`${name} is refused`, () => assert.throws(() => parseManifest(bytesOf(document), MEDIA_TYPE.ociManifest), { name: 'ImageInvalidError', kind: 'corrupt' }))
  }
})

describe('an index', () => {
  it('is read as it was written', () => {
    assert.deepEqual(parseIndex(formatIndex(INDEX), MEDIA_TYPE.ociIndex), INDEX)
  })

  it('with layers is refused', () => {
    assert.throws(() => parseIndex(bytesOf({ schemaVersion: 2, manifests: [], layers: [] }), MEDIA_TYPE.ociIndex), { name: 'ImageInvalidError' })
  })
})
