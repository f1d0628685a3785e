import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compressionOf, isForeignLayer, isIndexType, isManifestType, layerMediaType, MEDIA_TYPE } from './mediaType.ts'

describe('compressionOf', () => {
  const cases = [
    { mediaType: MEDIA_TYPE.ociLayer, want: 'uncompressed' },
    { mediaType: MEDIA_TYPE.ociLayerGzip, want: 'gzip' },
    { mediaType: MEDIA_TYPE.ociLayerZstd, want: 'zstd' },
    { mediaType: MEDIA_TYPE.dockerLayer, want: 'uncompressed' },
    { mediaType: MEDIA_TYPE.dockerLayerGzip, want: 'gzip' },
    { mediaType: MEDIA_TYPE.dockerLayerZstd, want: 'zstd' },
    { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', want: 'gzip' },
    { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', want: 'gzip' },
    { mediaType: 'application/vnd.oci.image.layer.v1.tar+lz4', want: undefined },
    { mediaType: MEDIA_TYPE.ociConfig, want: undefined },
    { mediaType: MEDIA_TYPE.ociIndex, want: undefined },
    { mediaType: 'application/vnd.in-toto+json', want: undefined },
    { mediaType: '', want: undefined },
  ]
  for (const { mediaType, want } of cases) {
    it(`of ${mediaType} is ${want ?? 'not known'}`, () => assert.equal(compressionOf(mediaType), want))
  }
})

describe('layerMediaType', () => {
  for (const style of ['oci', 'docker'] as const) {
    for (const compression of ['uncompressed', 'gzip', 'zstd'] as const) {
      it(`for ${style} and ${compression} says so`, () => assert.equal(compressionOf(layerMediaType(compression, style)), compression))
    }
  }
})

describe('media types', () => {
  const cases = [
    { mediaType: MEDIA_TYPE.ociIndex, isIndex: true, isManifest: false },
    { mediaType: MEDIA_TYPE.dockerIndex, isIndex: true, isManifest: false },
    { mediaType: MEDIA_TYPE.ociManifest, isIndex: false, isManifest: true },
    { mediaType: MEDIA_TYPE.dockerManifest, isIndex: false, isManifest: true },
    { mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws', isIndex: false, isManifest: false },
  ]
  for (const { mediaType, isIndex, isManifest } of cases) {
    it(`tell that ${mediaType} is ${isIndex ? 'an index' : isManifest ? 'a manifest' : 'neither'}`, () => {
      assert.equal(isIndexType(mediaType), isIndex)
      assert.equal(isManifestType(mediaType), isManifest)
    })
  }

  it('tell layers that registries need not have', () => {
    assert.equal(isForeignLayer('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'), true)
    assert.equal(isForeignLayer('application/vnd.oci.image.layer.nondistributable.v1.tar'), true)
    assert.equal(isForeignLayer(MEDIA_TYPE.ociLayerGzip), false)
  })
})
