import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TarEntry, TarHeader } from '../archive/tar.ts'
import { writeTar } from '../archive/tarWriter.ts'
import { createMemoryStore } from '../content/memoryStore.ts'
import { describeBlob } from '../ground/oci/descriptor.ts'
import { digestHex, digestOf } from '../ground/digest.ts'
import { emptyImageConfig } from '../ground/oci/imageConfig.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { formatPlatform, parsePlatform } from '../ground/platform.ts'
import { formatReference, parseReference } from '../ground/reference.ts'
import { fromText } from '../kit/byteString.ts'
import { readImageArchive } from './imageArchive.ts'
import { formatImageConfig } from './imageConfigJson.ts'
import { readManifest } from './imageView.ts'
import { layoutEntries, layoutIndex } from './ociLayout.ts'

const signal = new AbortController().signal
const PLAIN = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, deviceMajor: 0, deviceMinor: 0, xattrs: new Map<string, Uint8Array>() }

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function file(path: string, content: string | Uint8Array): TarEntry {
  const bytes = Buffer.from(content)
  const header: TarHeader = { ...PLAIN, kind: 'file', path: fromText(path), linkTarget: fromText(''), sizeBytes: bytes.byteLength }
  return { header, content: once(bytes) }
}

function symlink(path: string, target: string): TarEntry {
  return { header: { ...PLAIN, kind: 'symlink', path: fromText(path), linkTarget: fromText(target), sizeBytes: 0 }, content: once(Buffer.alloc(0)) }
}

const CONFIG = formatImageConfig({ ...emptyImageConfig(parsePlatform('linux/arm64')), diffIds: [digestOf('one'), digestOf('one')] })

describe('an archive of old docker save', () => {
  const entries = (): TarEntry[] => [
    file('aaa/layer.tar', 'one'),
    symlink('bbb/layer.tar', '../aaa/layer.tar'),
    file('config.json', CONFIG),
    file('manifest.json', JSON.stringify([{ Config: 'config.json', RepoTags: ['app:1'], Layers: ['aaa/layer.tar', 'bbb/layer.tar'] }])),
  ]

  it('becomes an image of plain layers, equal ones through links', async () => {
    const store = createMemoryStore()
    const [image, ...more] = await readImageArchive(writeTar(entries()), store, signal)
    assert.ok(image)
    assert.deepEqual(more, [])
    assert.deepEqual(image.names.map(formatReference), ['docker.io/library/app:1'])
    assert.equal(image.root.platform && formatPlatform(image.root.platform), 'linux/arm64')
    const { layers, config } = await readManifest(store, image.root, signal)
    assert.deepEqual(layers.map(({ digest, mediaType }) => [digest, mediaType]), [[digestOf('one'), MEDIA_TYPE.dockerLayer], [digestOf('one'), MEDIA_TYPE.dockerLayer]])
    assert.equal(config.digest, digestOf(CONFIG))
  })

  it('that lacks a layer is refused', async () => {
    await assert.rejects(readImageArchive(writeTar(entries().slice(1)), createMemoryStore(), signal), { name: 'ImageInvalidError' })
  })
})

describe('an OCI layout', () => {
  const blob = Buffer.from('a blob')
  const root = describeBlob(MEDIA_TYPE.ociManifest, digestOf(blob), blob.byteLength)

  it('gives back the images that were put in', async () => {
    const names = ['example.com/a:1', 'example.com/b:2'].map(parseReference)
    const entries = layoutEntries({ index: layoutIndex([{ root, names }]), blobs: [{ descriptor: root, open: () => once(blob) }], files: new Map() })
    const store = createMemoryStore()
    assert.deepEqual(await readImageArchive(writeTar(entries), store, signal), [{ root, names }])
    assert.equal(await store.sizeBytes(root.digest, signal), blob.byteLength)
  })

  it('with a blob that is not what its name says is refused', async () => {
    const forged = [file(`blobs/sha256/${digestHex(digestOf('other'))}`, 'forged'), file('index.json', '{"schemaVersion":2,"manifests":[]}')]
    await assert.rejects(readImageArchive(writeTar(forged), createMemoryStore(), signal), { name: 'BlobCorruptError' })
  })

  it('is told from an archive that is no image', async () => {
    await assert.rejects(readImageArchive(writeTar([file('a', 'b')]), createMemoryStore(), signal), { name: 'ImageInvalidError' })
  })
})
