import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { mkdirSync, writeFileSync, symlinkSync, linkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TEST_CLIENT } from '../registry/registryClient.ts'
import { UnsupportedByPeerError } from '../../../src/api/errorMapping.ts'
import type { FileStat, TreeSource } from '../../../src/api/fileSync.ts'
import type { ContentStore } from '../../../src/content/contentStore.ts'
import { openFileStore } from '../../../src/content/fileStore.ts'
import { createPackedBlocks } from '../../../src/content/packedBlocks.ts'
import { createBlobSource } from '../../../src/exporter/blobSource.ts'
import type { ClientStore } from '../../../src/exporter/cache/clientStore.ts'
import type { BuildResult, ExportProgress, PlatformResult } from '../../../src/exporter/exporter.ts'
import type { ExporterDeps } from '../../../src/exporter/exporterDeps.ts'
import { createLayerPacker } from '../../../src/exporter/layerPacker.ts'
import type { Descriptor } from '../../../src/ground/oci/descriptor.ts'
import { emptyImageConfig, type HistoryEntry } from '../../../src/ground/oci/imageConfig.ts'
import { parsePlatform } from '../../../src/ground/platform.ts'
import { formatReference } from '../../../src/ground/reference.ts'
import { openDatabase } from '../../../src/kit/database.ts'
import { createLimit } from '../../../src/kit/limit.ts'
import { silentSink } from '../../../src/progress/progressSink.ts'
import type { Registry } from '../../../src/registry/registry.ts'
import { createCachePlace } from '../../../src/registry/cacheplace/createCachePlace.ts'
import { createRegistry } from '../../../src/registry/registryClient.ts'
import { openSnapshots } from '../../../src/snapshot/openSnapshots.ts'
import type { SnapshotId, SnapshotStore } from '../../../src/snapshot/snapshotStore.ts'

/** What exporters work with, all of it real and in a folder of its own, and what they have sent to the client. */
export interface ExportFixture extends AsyncDisposable {
  readonly folder: string
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  readonly registry: Registry
  readonly deps: ExporterDeps
  readonly tars: { readonly metadata: ReadonlyMap<string, string>; readonly path: string }[]
  readonly trees: SentTree[]
  readonly tags: Map<string, Descriptor>
}

export interface SentTree {
  readonly stats: readonly FileStat[]
  readonly contents: ReadonlyMap<string, string>
}

const signal = new AbortController().signal

export const quietProgress: ExportProgress = { sink: silentSink, step: (_name, work) => work(() => undefined) }

/** The store of a client that does not know the service. */
const LENDS_NONE: ClientStore = {
  sizeBytes: () => Promise.reject(new UnsupportedByPeerError('unknown service')),
  read: () => assert.fail('what is exported is not read back'),
  writeBlob: () => Promise.reject(new UnsupportedByPeerError('unknown service')),
}

export async function openExportFixture(): Promise<ExportFixture> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'pelago-export-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const content = await openFileStore({ folder: join(folder, 'content'), now: Date.now }, signal)
  const database = stack.use(openDatabase(join(folder, 'state.db')))
  const { snapshots } = stack.use(await openSnapshots({ root: join(folder, 'snapshots'), database, now: Date.now, backend: 'copy' }, signal))
  const registry = stack.use(
    createRegistry({ ...TEST_CLIENT, retries: { ...TEST_CLIENT.retries, attempts: 2 } }),
  )
  const blobs = createBlobSource(content, registry)
  const tars: ExportFixture['tars'] = []
  const trees: SentTree[] = []
  const tags = new Map<string, Descriptor>()
  const deps: ExporterDeps = {
    content,
    snapshots,
    packer: createLayerPacker({ snapshots, content, blobs, packedBlocks: createPackedBlocks(database, content), packing: createLimit(2), watchLayer: (_snapshot, tar) => tar }),
    approve: async () => undefined,
    blobs,
    registry,
    openCachePlace: (type, attributes) => createCachePlace(type, attributes, { ...TEST_CLIENT, awsCredentials: { credentials: () => Promise.resolve(undefined) } }),
    openClientStore: () => LENDS_NONE,
    uploads: createLimit(3),
    images: { tag: async (reference, root) => void tags.set(formatReference(reference), root) },
    client: {
      async sendTar(_index, metadata, bytes) {
        const path = join(folder, `sent-${tars.length}.tar`)
        writeFileSync(path, await gather(bytes))
        tars.push({ metadata, path })
      },
      sendTree: async (_index, _metadata, tree) => void trees.push(await receive(tree)),
    },
    ensurePresent: async () => undefined,
    protect: async () => undefined,
  }
  const held = stack.move()
  return { folder, content, snapshots, registry, deps, tars, trees, tags, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** Two layers: a folder with a file, a link to it and a hard link; then one file more, and one changed. */
export async function buildLayers(snapshots: SnapshotStore, text: string): Promise<SnapshotId> {
  const base = await change(snapshots, undefined, (path) => {
    mkdirSync(join(path, 'app'))
    writeFileSync(join(path, 'app/greeting'), text)
    linkSync(join(path, 'app/greeting'), join(path, 'app/twin'))
    symlinkSync('greeting', join(path, 'app/link'))
  })
  return change(snapshots, base, (path) => {
    writeFileSync(join(path, 'app/more'), 'more')
    mkdirSync(join(path, 'etc'))
    writeFileSync(join(path, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n')
  })
}

export async function change(snapshots: SnapshotStore, parent: SnapshotId | undefined, work: (path: string) => void): Promise<SnapshotId> {
  await using mutable = await snapshots.openMutable(parent, signal)
  work(mutable.path)
  return await mutable.commit()
}

const CREATED = '2024-05-06T07:08:09Z'

export function resultOf(platform: string, snapshot: SnapshotId | undefined, layerCount: number): PlatformResult {
  const parsed = parsePlatform(platform)
  const entry = (createdBy: string, emptyLayer: boolean): HistoryEntry => ({ created: CREATED, createdBy, author: undefined, comment: 'buildkit.dockerfile.v0', emptyLayer })
  const layers = Array.from({ length: layerCount }, (_, index) => entry(`RUN step ${index}`, false))
  const config = emptyImageConfig(parsed)
  return { id: platform, platform: parsed, snapshot, attestations: [], config: { ...config, created: CREATED, history: [...layers, entry('CMD ["/app/greeting"]', true)], container: { ...config.container, cmd: ['/app/greeting'], labels: new Map([['a', '<b>']]) } } }
}

export function buildResult(...platforms: readonly PlatformResult[]): BuildResult {
  return { platforms, isMultiPlatform: platforms.length > 1 }
}

export async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const gathered: Uint8Array[] = []
  for await (const chunk of chunks) gathered.push(Uint8Array.from(chunk))
  return Buffer.concat(gathered)
}

async function receive(tree: TreeSource): Promise<SentTree> {
  const stats: FileStat[] = []
  const contents = new Map<string, string>()
  for await (const stat of tree.walk(signal)) stats.push(stat)
  const files = stats.filter(({ mode, linkTarget }) => (mode & 0o170000) === 0o100000 && linkTarget === '')
  for (const { path } of files) contents.set(path, (await gather(tree.read(path, signal))).toString())
  return { stats, contents }
}
