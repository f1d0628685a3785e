import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib'
import { createExporter } from '../../src/exporter/exporterFactory.ts'
import type { PackOptions } from '../../src/exporter/layerPacker.ts'
import { describeBlob } from '../../src/ground/oci/descriptor.ts'
import { digestHex, digestOf } from '../../src/ground/digest.ts'
import { MEDIA_TYPE } from '../../src/ground/oci/mediaType.ts'
import { chainId } from '../../src/image/chainId.ts'
import type { Repository } from '../../src/registry/registry.ts'
import type { LayerBlob, SnapshotId, SnapshotStore } from '../../src/snapshot/snapshotStore.ts'
import type { UploadFaults } from '../support/registry/fake/faults.ts'
import { startFakeRegistry } from '../support/registry/fakeRegistry.ts'
import { startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { buildLayers, buildResult, change, gather, openExportFixture, quietProgress, resultOf, type ExportFixture } from '../support/images/exportFixture.ts'
import { missingForRootWork } from '../support/requires.ts'

const signal = new AbortController().signal
const GZIP: PackOptions = { compression: 'gzip', level: undefined, isForced: false, clampTimeSeconds: undefined }
const ZSTD: PackOptions = { ...GZIP, compression: 'zstd' }
const ignore = (): void => undefined

describe('layers made here', { skip: missingForRootWork() }, () => {
  it('are packed once for one compression', async () => {
    await using fixture = await openExportFixture()
    const id = await buildLayers(fixture.snapshots, 'x')
    let packedBytes = 0
    const first = await fixture.deps.packer.pack(id, GZIP, (bytes) => (packedBytes = bytes), signal)
    assert.ok(packedBytes > 1024)
    packedBytes = 0
    assert.deepEqual(await fixture.deps.packer.pack(id, GZIP, (bytes) => (packedBytes = bytes), signal), first)
    assert.equal(packedBytes, 0)
  })

  it('are packed again from their blob for another compression', async () => {
    await using fixture = await openExportFixture()
    const id = await buildLayers(fixture.snapshots, 'x')
    const [gzip] = await fixture.deps.packer.pack(id, GZIP, ignore, signal)
    const [zstd] = await fixture.deps.packer.pack(id, ZSTD, ignore, signal)
    assert.ok(gzip && zstd)
    assert.equal(zstd.descriptor.mediaType, MEDIA_TYPE.ociLayerZstd)
    assert.ok(zstdDecompressSync(await read(fixture, zstd)).equals(gunzipSync(await read(fixture, gzip))))
  })

  it('are packed again for another level, and are what they are anywhere', async () => {
    await using fixture = await openExportFixture()
    await using fresh = await openExportFixture()
    const pack = async ({ snapshots, deps }: ExportFixture, ...levels: readonly (number | undefined)[]): Promise<LayerBlob | undefined> => {
      const id = await manyFiles(snapshots, 'one')
      const packed: (LayerBlob | undefined)[] = []
      for (const level of levels) packed.push((await deps.packer.pack(id, { ...GZIP, level }, ignore, signal))[0])
      return packed.at(-1)
    }
    const [asked, usual] = [await pack(fixture, 9, undefined, 1), await pack(fixture, 9, 6, undefined)]
    assert.deepEqual(asked, await pack(fresh, 1))
    assert.deepEqual(usual, await pack(fresh, undefined))
    assert.notEqual(asked?.descriptor.digest, usual?.descriptor.digest)
  })

  it('that two platforms share are packed once though both ask at once', async () => {
    await using fixture = await openExportFixture()
    const id = await buildLayers(fixture.snapshots, 'x')
    let packedBytes = 0
    const add = (bytes: number): void => void (packedBytes = Math.max(packedBytes, bytes))
    const [first, second] = await Promise.all([fixture.deps.packer.pack(id, GZIP, add, signal), fixture.deps.packer.pack(id, GZIP, ignore, signal)])
    assert.deepEqual(first, second)
    assert.ok(packedBytes > 1024)
  })

  it('with one file changed have the bytes that they have anywhere, also where the blob of the last time is damaged', async () => {
    await using fixture = await openExportFixture()
    await using fresh = await openExportFixture()
    const pack = async ({ snapshots, deps }: ExportFixture, changed: string): Promise<LayerBlob | undefined> => (await deps.packer.pack(await manyFiles(snapshots, changed), GZIP, ignore, signal))[0]
    const first = await pack(fixture, 'one')
    assert.deepEqual(await pack(fixture, 'two'), await pack(fresh, 'two'))
    assert.ok(first)
    for await (const { digest } of fixture.content.list(signal)) damage(join(fixture.folder, 'content/blobs/sha256', digestHex(digest)))
    assert.deepEqual(await pack(fixture, 'three'), await pack(fresh, 'three'))
  })

  it('with times set to the epoch do not pass for the layers themselves', async () => {
    await using fixture = await openExportFixture()
    const id = await buildLayers(fixture.snapshots, 'x')
    const [clamped] = await fixture.deps.packer.pack(id, { ...GZIP, clampTimeSeconds: 1 }, ignore, signal)
    const [plain] = await fixture.deps.packer.pack(id, GZIP, ignore, signal)
    assert.ok(clamped && plain)
    assert.notEqual(clamped.diffId, plain.diffId)
    assert.deepEqual((await fixture.deps.packer.pack(id, { ...GZIP, clampTimeSeconds: 1 }, ignore, signal))[0], clamped)
  })
})

describe('layers of a base image that are only in its registry', { skip: missingForRootWork('docker-registry') }, () => {
  it('are pushed to another registry by streaming', async () => {
    await using fixture = await openExportFixture()
    await using source = await startDockerRegistry()
    await using target = await startDockerRegistry()
    const { id, layer } = await lazyBase(fixture, { host: source.host, repository: 'base' })
    await push(fixture, id, `${target.host}/app:1`)
    assert.equal(await fixture.registry.hasBlob({ host: target.host, repository: 'app' }, layer.descriptor.digest, signal), true)
    assert.equal(await fixture.content.sizeBytes(layer.descriptor.digest, signal), undefined)
  })

  it('are mounted from another repository of the same registry', async () => {
    await using fixture = await openExportFixture()
    await using source = await startDockerRegistry()
    const { id, layer } = await lazyBase(fixture, { host: source.host, repository: 'base' })
    await push(fixture, id, `${source.host}/app:1`)
    assert.equal(await fixture.registry.hasBlob({ host: source.host, repository: 'app' }, layer.descriptor.digest, signal), true)
    assert.equal(await fixture.content.sizeBytes(layer.descriptor.digest, signal), undefined)
  })

  it('keep their compression unless another is forced', async () => {
    await using fixture = await openExportFixture()
    await using source = await startDockerRegistry()
    const { id, layer, tar } = await lazyBase(fixture, { host: source.host, repository: 'base' })
    assert.deepEqual(await fixture.deps.packer.pack(id, ZSTD, ignore, signal), [layer])
    const [forced] = await fixture.deps.packer.pack(id, { ...ZSTD, isForced: true }, ignore, signal)
    assert.ok(forced)
    assert.equal(forced.diffId, layer.diffId)
    assert.ok(zstdDecompressSync(await read(fixture, forced)).equals(tar))
  })
})

describe('large layers', { skip: missingForRootWork() }, () => {
  const cases: readonly { readonly name: string; readonly faults: Partial<UploadFaults>; readonly isGivenUp: boolean; readonly streams?: number }[] = [
    { name: 'are sent while they are packed', faults: {}, isGivenUp: false },
    { name: 'are sent once they are packed to a registry that takes no PATCH', faults: { patchStatus: 405 }, isGivenUp: true },
    { name: 'are sent again where the registry forgets what was begun', faults: { forgotten: { count: 1, status: 404 } }, isGivenUp: true, streams: 2 },
  ]
  for (const { name, faults, isGivenUp, streams = 1 } of cases) {
    it(name, async () => {
      await using fixture = await openExportFixture()
      await using target = await startFakeRegistry()
      const id = await largeFile(fixture.snapshots)
      Object.assign(target.faults.uploads, faults)
      await push(fixture, id, `${target.host}/app:1`)
      const [layer] = fixture.snapshots.blobs(id)
      assert.ok(layer)
      assert.equal(await fixture.registry.hasBlob({ host: target.host, repository: 'app' }, layer.descriptor.digest, signal), true)
      const sent = Object.groupBy(target.requests.filter(({ path }) => path.includes('/uploads/')), ({ method }) => method)
      assert.equal(sent['PATCH']?.length, streams)
      assert.equal(sent['PUT']?.length, 2, 'the other is that of the config')
      assert.equal(sent['DELETE'] !== undefined, isGivenUp)
    })
  }

  it('of an image that may not go out are taken back', async () => {
    await using fixture = await openExportFixture()
    await using target = await startFakeRegistry()
    const id = await largeFile(fixture.snapshots)
    await assert.rejects(push({ ...fixture, deps: { ...fixture.deps, approve: () => Promise.reject(new Error('not that')) } }, id, `${target.host}/app:1`), /not that/)
    assert.deepEqual(target.requests.filter(({ path }) => path.includes('/uploads/')).map(({ method }) => method).at(-1), 'DELETE')
    const [layer] = fixture.snapshots.blobs(id)
    assert.ok(layer)
    assert.equal(await fixture.registry.hasBlob({ host: target.host, repository: 'app' }, layer.descriptor.digest, signal), false)
  })
})

/** Twelve megabytes that gzip does not make smaller. */
async function largeFile(snapshots: SnapshotStore): Promise<SnapshotId> {
  return await change(snapshots, undefined, (path) => writeFileSync(join(path, 'large'), randomBytes(12 << 20)))
}

/** Two megabytes that gzip does not make smaller, in files of one time. */
async function manyFiles(snapshots: SnapshotStore, changed: string): Promise<SnapshotId> {
  return await change(snapshots, undefined, (path) => {
    for (let file = 0; file < 200; file += 1) {
      const content = createHash('shake256', { outputLength: 10_000 }).update(file === 100 ? changed : `${file}`).digest()
      writeFileSync(join(path, `file${file}`), content)
      utimesSync(join(path, `file${file}`), 1, 1)
    }
  })
}

/** Somewhere in its second half. */
function damage(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0xaa, bytes.byteLength - 500_000, bytes.byteLength - 499_000)
  chmodSync(path, 0o644)
  writeFileSync(path, bytes)
}

async function push(fixture: ExportFixture, id: SnapshotId, name: string): Promise<void> {
  const exporter = createExporter({ type: 'image', attributes: new Map([['name', name], ['push', 'true']]), index: 0 }, fixture.deps)
  await exporter.export(buildResult(resultOf('linux/amd64', id, 1)), quietProgress, signal)
}

async function read(fixture: ExportFixture, blob: LayerBlob): Promise<Buffer> {
  return gather(fixture.deps.blobs.read(blob, signal))
}

/** A snapshot that is known, but of which only the registry has the bytes. */
async function lazyBase(fixture: ExportFixture, repository: Repository): Promise<{ readonly id: SnapshotId; readonly layer: LayerBlob; readonly tar: Buffer }> {
  const tar = Buffer.alloc(10_240)
  const packed = gzipSync(tar)
  const descriptor = describeBlob(MEDIA_TYPE.ociLayerGzip, digestOf(packed), packed.byteLength)
  const layer: LayerBlob = { descriptor, diffId: digestOf(tar), repository: `${repository.host}/${repository.repository}` }
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield packed
  }
  await fixture.registry.pushBlob(repository, { descriptor, mountFrom: undefined, open, onProgress: ignore }, signal)
  const id = chainId([layer.diffId]) as string as SnapshotId
  fixture.snapshots.registerLazy({ id, parent: undefined, blob: layer })
  return { id, layer, tar }
}
