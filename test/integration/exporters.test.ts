import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createMemoryStore } from '../../src/content/memoryStore.ts'
import { createExporter } from '../../src/exporter/exporterFactory.ts'
import type { Exporter } from '../../src/exporter/exporter.ts'
import { readImageArchive } from '../../src/image/imageArchive.ts'
import { viewImages } from '../../src/image/imageView.ts'
import { formatReference } from '../../src/ground/reference.ts'
import { startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { buildLayers, buildResult, openExportFixture, quietProgress, resultOf, type ExportFixture } from '../support/images/exportFixture.ts'
import { missingForRootWork } from '../support/requires.ts'

const signal = new AbortController().signal

function exporterOf({ deps }: ExportFixture, type: string, attributes: Readonly<Record<string, string>> = {}): Exporter {
  return createExporter({ type, attributes: new Map(Object.entries(attributes)), index: 0 }, deps)
}

async function exportTwo(fixture: ExportFixture, exporter: Exporter): Promise<ReadonlyMap<string, string>> {
  const amd64 = resultOf('linux/amd64', await buildLayers(fixture.snapshots, 'hello amd64'), 2)
  const arm64 = resultOf('linux/arm64', await buildLayers(fixture.snapshots, 'hello arm64'), 2)
  return exporter.export(buildResult(amd64, arm64), quietProgress, signal)
}

async function exportOne(fixture: ExportFixture, exporter: Exporter): Promise<ReadonlyMap<string, string>> {
  const snapshot = await buildLayers(fixture.snapshots, 'hello')
  return exporter.export(buildResult(resultOf('linux/amd64', snapshot, 2)), quietProgress, signal)
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

describe('an OCI archive', { skip: missingForRootWork('skopeo', 'umoci') }, () => {
  for (const compression of ['gzip', 'zstd', 'uncompressed']) {
    it(`of two platforms packed as ${compression} is read by skopeo`, async () => {
      await using fixture = await openExportFixture()
      const response = await exportTwo(fixture, exporterOf(fixture, 'oci', { name: 'example.com/app:1', compression }))
      const [sent] = fixture.tars
      assert.equal(sent?.metadata.get('containerimage.digest'), response.get('containerimage.digest'))
      const target = join(fixture.folder, 'copied')
      run('skopeo', '--insecure-policy', 'copy', '--all', '--preserve-digests', `oci-archive:${sent?.path ?? ''}:1`, `dir:${target}`)
      const config = JSON.parse(run('skopeo', 'inspect', '--override-arch', 'arm64', '--config', `oci-archive:${sent?.path ?? ''}:1`)) as { architecture: string; config: { Labels: unknown } }
      assert.equal(config.architecture, 'arm64')
      assert.deepEqual(config.config.Labels, { a: '<b>' })
    })
  }

  it('unpacks to the files that were built', { skip: process.getuid?.() === 0 ? false : 'umoci unpacks owners as root only' }, async () => {
    await using fixture = await openExportFixture()
    await exportOne(fixture, exporterOf(fixture, 'oci', { name: 'example.com/app:1' }))
    const [layout, bundle] = [join(fixture.folder, 'layout'), join(fixture.folder, 'bundle')]
    mkdirSync(layout)
    run('tar', '-xf', fixture.tars[0]?.path ?? '', '-C', layout)
    run('umoci', 'unpack', '--image', `${layout}:1`, bundle)
    const root = join(bundle, 'rootfs')
    assert.equal(readFileSync(join(root, 'app/twin'), 'utf8'), 'hello')
    assert.equal(lstatSync(join(root, 'app/twin')).ino, lstatSync(join(root, 'app/greeting')).ino)
    assert.equal(readlinkSync(join(root, 'app/link')), 'greeting')
    assert.equal(existsSync(join(root, 'etc/passwd')), true)
  })

  it('has the same bytes when the same result is exported again', async () => {
    await using fixture = await openExportFixture()
    const result = buildResult(resultOf('linux/amd64', await buildLayers(fixture.snapshots, 'same'), 2))
    for (const level of ['6', '6']) await exporterOf(fixture, 'oci', { 'compression-level': level }).export(result, quietProgress, signal)
    const [first, second] = fixture.tars.map(({ path }) => readFileSync(path))
    assert.ok(first !== undefined && second !== undefined && first.equals(second))
  })

  it('is taken in again with its names', async () => {
    await using fixture = await openExportFixture()
    const response = await exportTwo(fixture, exporterOf(fixture, 'oci', { name: 'example.com/app:1,example.com/app:2' }))
    const store = createMemoryStore()
    const images = await readImageArchive(createReadStream(fixture.tars[0]?.path ?? ''), store, signal)
    assert.deepEqual(images.map(({ root, names }) => [root.digest, names.map(formatReference)]), [[response.get('containerimage.digest'), ['example.com/app:1', 'example.com/app:2']]])
    const [image] = images
    assert.ok(image)
    const views = await viewImages(store, image.root, signal)
    const architectures = await Promise.all(views.map(async (view) => (await view.config(signal)).platform.architecture))
    assert.deepEqual(architectures, ['amd64', 'arm64'])
  })

  it('goes as a folder where tar=false', async () => {
    await using fixture = await openExportFixture()
    await exportOne(fixture, exporterOf(fixture, 'oci', { tar: 'false' }))
    const [tree] = fixture.trees
    assert.equal(tree?.contents.get('oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    assert.deepEqual(tree.stats.map(({ path }) => path).slice(0, 2), ['blobs', 'blobs/sha256'])
  })
})

describe('a docker archive', { skip: missingForRootWork('skopeo') }, () => {
  it('is read by skopeo as docker save writes them', async () => {
    await using fixture = await openExportFixture()
    await exportOne(fixture, exporterOf(fixture, 'docker', { name: 'app:1' }))
    const manifest = JSON.parse(run('skopeo', 'inspect', `docker-archive:${fixture.tars[0]?.path ?? ''}:docker.io/library/app:1`)) as { Architecture: string; Layers: unknown[] }
    assert.equal(manifest.Architecture, 'amd64')
    assert.equal(manifest.Layers.length, 2)
  })

  it('of several platforms is refused before anything is packed', async () => {
    await using fixture = await openExportFixture()
    await assert.rejects(exportTwo(fixture, exporterOf(fixture, 'docker')), { kind: 'usage', message: 'docker exporter does not currently support exporting manifest lists' })
  })
})

describe('a push', { skip: missingForRootWork('skopeo', 'docker-registry') }, () => {
  it('of two platforms is one tag that skopeo reads, and names it in the local store', async () => {
    await using fixture = await openExportFixture()
    await using server = await startDockerRegistry()
    const name = `${server.host}/team/app:1`
    const response = await exportTwo(fixture, exporterOf(fixture, 'image', { name, push: 'true', 'annotation-index.org.example': 'x', 'annotation[linux/arm64].only': 'arm' }))
    const raw = run('skopeo', 'inspect', '--tls-verify=false', '--raw', `docker://${name}`)
    const index = JSON.parse(raw) as { manifests: { digest: string; platform: unknown }[]; annotations: unknown }
    assert.deepEqual(index.annotations, { 'org.example': 'x' })
    assert.deepEqual(index.manifests.map(({ platform }) => platform), [{ architecture: 'amd64', os: 'linux' }, { architecture: 'arm64', os: 'linux' }])
    assert.equal(fixture.tags.get(name)?.digest, response.get('containerimage.digest'))
    assert.equal(response.get('image.name'), name)
    const arm = JSON.parse(run('skopeo', 'inspect', '--tls-verify=false', '--raw', `docker://${server.host}/team/app@${index.manifests[1]?.digest ?? ''}`)) as { annotations: unknown }
    assert.deepEqual(arm.annotations, { only: 'arm' })
  })

  it('by digest leaves no tag', async () => {
    await using fixture = await openExportFixture()
    await using server = await startDockerRegistry()
    const response = await exportOne(fixture, exporterOf(fixture, 'image', { name: `${server.host}/app`, push: 'true', 'push-by-digest': 'true' }))
    const raw = run('skopeo', 'inspect', '--tls-verify=false', '--raw', `docker://${server.host}/app@${response.get('containerimage.digest') ?? ''}`)
    assert.match(raw, /"schemaVersion": 2/)
    assert.throws(() => run('skopeo', 'inspect', '--tls-verify=false', `docker://${server.host}/app:latest`))
  })
})

describe('files', { skip: missingForRootWork() }, () => {
  it('of several platforms go into a folder each', async () => {
    await using fixture = await openExportFixture()
    await exportTwo(fixture, exporterOf(fixture, 'local'))
    assert.deepEqual(fixture.trees.map(({ stats }) => stats[0]?.path), ['linux_amd64', 'linux_arm64'])
    assert.equal(fixture.trees[1]?.contents.get('linux_arm64/app/greeting'), 'hello arm64')
    assert.equal(fixture.trees[1].stats.find(({ path }) => path === 'linux_arm64/app/twin')?.linkTarget, 'linux_arm64/app/greeting')
  })

  it('have the time of the epoch where there is one', async () => {
    await using fixture = await openExportFixture()
    await exportOne(fixture, exporterOf(fixture, 'local', { 'source-date-epoch': '5' }))
    const [tree] = fixture.trees
    assert.deepEqual(new Set(tree?.stats.map(({ mtimeNs }) => mtimeNs)), new Set([5_000_000_000n]))
  })

  for (const { type, attributes } of [
    { type: 'local', attributes: { mode: 'move' } },
    { type: 'tar', attributes: { 'platform-split': 'perhaps' } },
    { type: 'image', attributes: { push: 'true' } },
    { type: 'image', attributes: { name: 'app:1', push: 'true', 'push-by-digest': 'true' } },
    { type: 'unheard-of', attributes: {} },
  ]) {
    it(`are not exported by ${type} with ${JSON.stringify(attributes)}`, async () => {
      await using fixture = await openExportFixture()
      assert.throws(() => exporterOf(fixture, type, attributes), { kind: 'usage' })
    })
  }

  it('of one platform are an archive that GNU tar unpacks', { skip: missingForRootWork('tar') }, async () => {
    await using fixture = await openExportFixture()
    await exportOne(fixture, exporterOf(fixture, 'tar'))
    const listed = run('tar', '-tf', fixture.tars[0]?.path ?? '').trim().split('\n')
    assert.deepEqual(listed, ['app/', 'app/greeting', 'app/link', 'app/more', 'app/twin', 'etc/', 'etc/passwd'])
  })
})
