import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createMemoryStore } from '../../src/content/memoryStore.ts'
import { createCrunExecutor } from '../../src/executor/crunExecutor.ts'
import type { ExecOp, FileAction, Graph, Op, Output, Vertex } from '../../src/graph/vertex.ts'
import { describeBlob } from '../../src/ground/oci/descriptor.ts'
import { digestOf, type Digest } from '../../src/ground/digest.ts'
import { emptyImageConfig } from '../../src/ground/oci/imageConfig.ts'
import { MEDIA_TYPE } from '../../src/ground/oci/mediaType.ts'
import { openDatabase } from '../../src/kit/database.ts'
import { namespaceArgv } from '../../src/kit/enterNamespaces.ts'
import { createLimit } from '../../src/kit/limit.ts'
import { createFileMirrors } from '../../src/ops/context/contextMirror.ts'
import { createLayerPresence } from '../../src/ops/layerPresence.ts'
import { createOps } from '../../src/ops/ops.ts'
import type { ProgressEvent } from '../../src/progress/progressEvent.ts'
import { DEFAULT_HOST_CONFIG } from '../../src/registry/hostConfig.ts'
import { createRegistry, DEFAULT_RETRIES } from '../../src/registry/registryClient.ts'
import { createCacheFolders } from '../../src/snapshot/cacheFolders.ts'
import { createContentHasher } from '../../src/snapshot/contentHash.ts'
import { openSnapshots } from '../../src/snapshot/openSnapshots.ts'
import type { SnapshotId, SnapshotStore } from '../../src/snapshot/snapshotStore.ts'
import { createMemoryCacheStore } from '../../src/solver/memoryCacheStore.ts'
import { createSolver } from '../../src/solver/solver.ts'
import { makeBusyboxRoot } from '../support/images/busybox.ts'
import { startFakeRegistry, type FakeRegistry } from '../support/registry/fakeRegistry.ts'
import { missing } from '../support/requires.ts'

const { signal } = new AbortController()

interface Workshop extends AsyncDisposable {
  readonly registry: FakeRegistry
  readonly snapshots: SnapshotStore
  /** An image of busybox alone, of two layers, in the registry; resolved, and nothing of it pulled. */
  readonly base: Vertex
  readonly layers: readonly Digest[]
  solve(vertices: readonly Vertex[]): Promise<{ readonly path: string; readonly events: readonly ProgressEvent[] } & AsyncDisposable>
}

async function openWorkshop(): Promise<Workshop> {
  await using undo = new AsyncDisposableStack()
  const root = mkdtempSync(join(tmpdir(), 'pelago-steps-'))
  undo.defer(() => rmSync(root, { recursive: true, force: true }))
  const registry = undo.use(await startFakeRegistry())
  const database = undo.use(openDatabase(join(root, 'state.db')))
  const { snapshots } = undo.use(await openSnapshots({ root, database, now: Date.now, backend: 'auto' }, signal))
  const client = undo.use(createRegistry({ credentials: { credentials: async () => undefined }, hosts: DEFAULT_HOST_CONFIG, userAgent: 'test', connectionsPerHost: 4, proxy: { http: '', https: '', except: '' }, retries: DEFAULT_RETRIES, now: Date.now }))
  const executor = await createCrunExecutor({ stateFolder: join(root, 'run'), isStatePrivate: false, environment: process.env })
  const [platform] = executor.platforms().map((runnable) => runnable.platform)
  assert.ok(platform)
  const layers = [packBusybox(root), packFolder(root, 'etc')]
  for (const layer of layers) registry.putBlob('base', layer)
  const descriptors = layers.map((bytes) => describeBlob(MEDIA_TYPE.ociLayerGzip, digestOf(bytes), bytes.byteLength))
  const images = {
    readImage: async () => ({
      manifest: { mediaType: MEDIA_TYPE.ociManifest, artifactType: undefined, config: describeBlob(MEDIA_TYPE.ociConfig, digestOf(''), 0), layers: descriptors, subject: undefined, annotations: new Map() },
      config: { ...emptyImageConfig(platform), diffIds: layers.map((bytes) => digestOf(spawnSync('gunzip', ['-c'], { input: bytes, maxBuffer: 1 << 28 }).stdout)) },
    }),
  }
  const presence = createLayerPresence({ snapshots, content: createMemoryStore(), registries: { registryFor: () => client }, downloads: createLimit(2), watchUnpacking: (_id, tar) => ({ tar, keep: () => undefined }), now: Date.now })
  const files = { sharedKey: () => '', sharedFolder: () => undefined, receiveFolder: () => assert.fail('no context') }
  const limits = { native: createLimit(2), emulated: createLimit(1) }
  const opFor = createOps({ snapshots, content: createMemoryStore(), registries: { registryFor: () => client }, loneBlobs: { check: () => assert.fail('no blob') }, layouts: { clientBlobs: () => assert.fail('no layout') }, presence, hasher: createContentHasher(snapshots, database), caches: createCacheFolders({ root, database, now: Date.now }), secrets: { secret: async () => undefined }, devices: { find: () => undefined }, agents: { hasAgent: async () => false, forwardAgent: () => assert.fail('no agent') }, socketFolder: root, executor, failedSteps: { keep: async () => 'kept' }, stepTimes: { record: () => undefined }, madeCopies: { find: () => undefined, record: () => undefined }, limits, images, files, mirrors: createFileMirrors(root), httpFiles: { fetch: () => assert.fail('no network') }, gitSources: { create: () => assert.fail('no network') }, now: Date.now })
  const solver = createSolver({ resolver: { opFor, isPresent: (id) => snapshots.get(id as SnapshotId) !== undefined, obtain: async () => true, forgetLost: () => false }, cache: createMemoryCacheStore(), now: Date.now })
  const source: Op = { kind: 'source', source: { kind: 'image', reference: `${registry.host}/base:latest`, manifest: digestOf('manifest') } }
  const held = undo.move()
  return {
    registry,
    snapshots,
    base: { ...vertexOf('base', source, []), platform },
    layers: descriptors.map(({ digest }) => digest),
    async solve(vertices) {
      const events: ProgressEvent[] = []
      const graph: Graph = new Map(vertices.map((vertex) => [vertex.digest, { ...vertex, platform }]))
      const [result] = await solver.solve(graph, vertices.slice(-1).map(outputOf), { sessionId: 's', progress: (event) => events.push(event) }, signal)
      const view = await snapshots.openView(result as SnapshotId, signal)
      return { path: view.path, events, [Symbol.asyncDispose]: () => view[Symbol.asyncDispose]() }
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

function packBusybox(root: string): Buffer {
  makeBusyboxRoot(join(root, 'busybox'), '/usr/bin/busybox')
  return packTar(join(root, 'busybox'))
}

function packFolder(root: string, name: string): Buffer {
  mkdirSync(join(root, 'folder', name), { recursive: true })
  return packTar(join(root, 'folder'))
}

function packTar(folder: string): Buffer {
  return spawnSync('tar', ['-czf', '-', '-C', folder, '.'], { maxBuffer: 1 << 28 }).stdout
}

function vertexOf(name: string, op: Op, inputs: readonly Output[]): Vertex {
  return { digest: digestOf(JSON.stringify([name, op, inputs])), op, inputs, platform: undefined, note: { name, ignoreCache: false, span: undefined } }
}

function outputOf({ digest }: Vertex): Output {
  return { vertex: digest, index: 0 }
}

function run(script: string, inputs: readonly Vertex[], mounts: ExecOp['mounts'] = []): Vertex {
  const root = { kind: 'bind', input: 0, selector: '', target: '/', readonly: false, isOutput: true } as const
  const op: ExecOp = {
    kind: 'exec', argv: ['/bin/sh', '-c', script], env: ['PATH=/bin'], cwd: '/', user: '', proxyEnv: [], mounts: [root, ...mounts], network: 'none', security: 'sandbox',
    hostname: '', extraHosts: [], ulimits: [], shmSizeBytes: 0, cgroupParent: '',
  }
  return vertexOf(script, op, inputs.map(outputOf))
}

function write(path: string, text: string): Vertex {
  const action: FileAction = { kind: 'mkfile', base: { kind: 'scratch' }, output: 0, path, mode: 0o644, data: Buffer.from(text), owner: undefined, timestampNs: undefined }
  return vertexOf(`write ${text}`, { kind: 'file', actions: [action] }, [])
}

function outcomes(events: readonly ProgressEvent[]): readonly string[] {
  return events.flatMap((event) => (event.kind === 'vertex-done' ? [event.outcome.kind] : []))
}

/* Containers need the namespaces of pelago-ns, so this file runs itself in there. */
if (process.env['PELAGO_NS_IDS'] === undefined) {
  describe('steps over an image of a registry', { skip: missing('crun', 'tar', 'busybox') }, () => {
    it('pass their tests inside the namespaces', () => {
      const [program, ...args] = namespaceArgv([process.execPath, fileURLToPath(import.meta.url)], process.env, process.getuid?.() ?? -1)
      const { status, stdout } = spawnSync(program, args, { env: { ...process.env, NODE_TEST_CONTEXT: undefined }, encoding: 'utf8' }) // it is a run of its own
      assert.equal(status, 0, stdout)
    })
  })
} else {
  testSteps()
}

function testSteps(): void {
  it('pulls each layer once, when a process needs it, and runs the process over it', async () => {
    await using shop = await openWorkshop()
    const step = run('echo said; echo kept > /kept', [shop.base])
    await using first = await shop.solve([shop.base, step])
    assert.equal(readFileSync(join(first.path, 'kept'), 'utf8'), 'kept\n')
    const said = first.events.flatMap((event) => (event.kind === 'vertex-log' ? [Buffer.from(event.bytes).toString()] : [])).join('')
    assert.equal(said, 'said\n')
    for (const layer of shop.layers) assert.equal(shop.registry.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(layer)).length, 1)
    await using second = await shop.solve([shop.base, step])
    assert.deepEqual(outcomes(second.events), ['cached', 'cached'])
  })

  it('pulls nothing for a result that nobody reads', async () => {
    await using shop = await openWorkshop()
    await assert.rejects(shop.solve([shop.base]), /unpack it first|lazy/)
    assert.deepEqual(shop.registry.requests.filter(({ path }) => path.includes('/blobs/')), [])
  })

  it('goes on with a download that breaks off', async () => {
    await using shop = await openWorkshop()
    shop.registry.faults.dropAfterBytes = 300_000
    await using solved = await shop.solve([shop.base, run('true', [shop.base])])
    assert.deepEqual(outcomes(solved.events), ['executed', 'executed'])
  })

  it('does not run again where another step gives a mount the same content', async () => {
    await using shop = await openWorkshop()
    const mount = { kind: 'bind', input: 1, selector: '/note', target: '/mnt/note', readonly: true, isOutput: false } as const
    const reading = (note: Vertex): Vertex => run('cat /mnt/note > /copy', [shop.base, note], [mount])
    const [one, two] = [write('/note', 'same'), { ...write('/note', 'same'), digest: digestOf('made in another way') }]
    await using first = await shop.solve([shop.base, one, reading(one)])
    assert.equal(readFileSync(join(first.path, 'copy'), 'utf8'), 'same')
    const other = vertexOf('rm', { kind: 'file', actions: [{ kind: 'rm', base: { kind: 'input', index: 0 }, output: 0, path: '/none', allowNotFound: true, allowWildcard: false }] }, [outputOf(two)])
    await using second = await shop.solve([shop.base, two, other, reading(other)])
    assert.deepEqual(outcomes(second.events).toSorted(), ['cached', 'cached', 'cached', 'executed'])
  })

  it('says how a process failed, and hands on what it has left', async () => {
    await using shop = await openWorkshop()
    const before = (await shop.snapshots.usage(signal)).length
    await assert.rejects(shop.solve([shop.base, run('echo half > /half; exit 7', [shop.base])]), { name: 'VertexFailedError', kind: 'step-failed', message: /exit code: 7$/ })
    assert.equal((await shop.snapshots.usage(signal)).length, before + shop.layers.length + 1)
  })
}
