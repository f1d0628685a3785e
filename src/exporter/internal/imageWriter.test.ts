import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryStore } from '../../content/memoryStore.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import { digestOf } from '../../ground/digest.ts'
import { emptyImageConfig, type HistoryEntry } from '../../ground/oci/imageConfig.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import { readIndex, readManifest } from '../../image/imageView.ts'
import type { LayerBlob } from '../../snapshot/snapshotStore.ts'
import type { Annotation } from './annotations.ts'
import { patchConfig, writeImage, type PackedPlatform, type WriteOptions } from './imageWriter.ts'

const signal = new AbortController().signal
const PLAIN: WriteOptions = { mediaTypes: 'oci', annotations: [], epochSeconds: undefined, attestationStyle: 'artifact', takesInlineOnly: true, names: [] }

function layer(name: string, mediaType: string = MEDIA_TYPE.ociLayerGzip): LayerBlob {
  return { descriptor: describeBlob(mediaType, digestOf(`${name} packed`), 10), diffId: digestOf(name), repository: undefined }
}

function entry(createdBy: string, created?: string, emptyLayer = false): HistoryEntry {
  return { created, createdBy, author: undefined, comment: undefined, emptyLayer }
}

function platformOf(id: string, layers: readonly LayerBlob[]): PackedPlatform {
  const platform = parsePlatform(id)
  return { result: { id, platform, snapshot: undefined, config: emptyImageConfig(platform), attestations: [] }, layers }
}

describe('patchConfig', () => {
  const config = emptyImageConfig(parsePlatform('linux/amd64'))
  const [EARLY, LATE] = ['2020-01-01T00:00:00Z', '2024-01-01T00:00:00.5Z']

  it('names the layers that were made', () => {
    assert.deepEqual(patchConfig(config, [layer('a'), layer('b')], undefined).diffIds, [digestOf('a'), digestOf('b')])
  })

  it('gives each layer an entry of the history', () => {
    const { history } = patchConfig({ ...config, history: [entry('one', EARLY)] }, [layer('a'), layer('b')], undefined)
    assert.deepEqual(history.map(({ createdBy, created, emptyLayer }) => [createdBy, created, emptyLayer]), [['one', EARLY, false], ['created by buildkit', EARLY, false]])
  })

  it('has no more entries with a layer than there are layers', () => {
    const { history } = patchConfig({ ...config, history: [entry('one', EARLY), entry('two', LATE)] }, [layer('a')], undefined)
    assert.deepEqual(history.map(({ emptyLayer }) => emptyLayer), [false, true])
  })

  it('takes a time that is missing from the neighbours', () => {
    const { history, created } = patchConfig({ ...config, history: [entry('one'), entry('two', EARLY), entry('three', undefined, true)] }, [layer('a'), layer('b')], undefined)
    assert.deepEqual(history.map((each) => each.created), [EARLY, EARLY, EARLY])
    assert.equal(created, EARLY)
  })

  it('has no time later than the epoch, where there is one', () => {
    const patched = patchConfig({ ...config, created: LATE, history: [entry('one', EARLY), entry('two', LATE)] }, [layer('a'), layer('b')], Date.parse('2022-02-02T02:02:02Z') / 1000)
    assert.deepEqual([patched.created, ...patched.history.map(({ created }) => created)], ['2022-02-02T02:02:02Z', EARLY, '2022-02-02T02:02:02Z'])
  })
})

describe('writeImage', () => {
  it('makes one manifest for one platform', async () => {
    const store = createMemoryStore()
    const { root, manifests } = await writeImage({ platforms: [platformOf('linux/amd64', [layer('a')])], isMultiPlatform: false }, PLAIN, store, signal)
    assert.equal(root, manifests[0]?.descriptor)
    assert.deepEqual((await readManifest(store, root, signal)).layers, [layer('a').descriptor])
  })

  it('makes an index of one platform where it is asked to', async () => {
    const store = createMemoryStore()
    const { root } = await writeImage({ platforms: [platformOf('linux/amd64', [])], isMultiPlatform: true }, PLAIN, store, signal)
    assert.equal((await readIndex(store, root, signal)).manifests.length, 1)
  })

  it('keeps the order of the platforms and says what they are', async () => {
    const store = createMemoryStore()
    const platforms = ['linux/arm/v7', 'linux/amd64'].map((id) => platformOf(id, []))
    const { root } = await writeImage({ platforms, isMultiPlatform: true }, PLAIN, store, signal)
    const { manifests } = await readIndex(store, root, signal)
    assert.deepEqual(manifests.map(({ platform }) => platform && formatPlatform(platform)), ['linux/arm/v7', 'linux/amd64'])
  })

  it('writes the media types of Docker all through, whatever the layers came as', async () => {
    const store = createMemoryStore()
    const { root } = await writeImage({ platforms: [platformOf('linux/amd64', [layer('a'), layer('b', MEDIA_TYPE.ociLayer)])], isMultiPlatform: false }, { ...PLAIN, mediaTypes: 'docker' }, store, signal)
    const manifest = await readManifest(store, root, signal)
    assert.deepEqual([manifest.mediaType, manifest.config.mediaType, ...manifest.layers.map(({ mediaType }) => mediaType)], [MEDIA_TYPE.dockerManifest, MEDIA_TYPE.dockerConfig, MEDIA_TYPE.dockerLayerGzip, MEDIA_TYPE.dockerLayer])
  })

  it('puts annotations where they are meant to be', async () => {
    const store = createMemoryStore()
    const annotation = (target: Annotation['target'], platform: string | undefined, value: string): Annotation => ({ target, platform: platform === undefined ? undefined : parsePlatform(platform), key: 'k', value })
    const annotations = [annotation('manifest', 'linux/arm64', 'arm'), annotation('manifest', undefined, 'all'), annotation('index', undefined, 'index'), annotation('manifest-descriptor', undefined, 'descriptor')]
    const platforms = ['linux/amd64', 'linux/arm64'].map((id) => platformOf(id, []))
    const { root, manifests } = await writeImage({ platforms, isMultiPlatform: true }, { ...PLAIN, annotations }, store, signal)
    const index = await readIndex(store, root, signal)
    const ofManifests = await Promise.all(manifests.map(async ({ descriptor }) => (await readManifest(store, descriptor, signal)).annotations.get('k')))
    assert.deepEqual([index.annotations.get('k'), ...index.manifests.map((descriptor) => descriptor.annotations.get('k')), ...ofManifests], ['index', 'descriptor', 'descriptor', 'all', 'arm'])
  })

  for (const { name, annotation } of [
    { name: 'an index annotation where there is no index', annotation: { target: 'index', platform: undefined, key: 'k', value: 'v' } },
    { name: 'an annotation for the descriptor of an index where there is none', annotation: { target: 'index-descriptor', platform: undefined, key: 'k', value: 'v' } },
    { name: 'an annotation for a platform that is not built', annotation: { target: 'manifest', platform: parsePlatform('linux/s390x'), key: 'k', value: 'v' } },
  ] as const) {
    it(`refuses ${name}`, async () => {
      const written = writeImage({ platforms: [platformOf('linux/amd64', [])], isMultiPlatform: false }, { ...PLAIN, annotations: [annotation] }, createMemoryStore(), signal)
      await assert.rejects(written, { name: 'InvalidValueError', kind: 'usage' })
    })
  }
})
