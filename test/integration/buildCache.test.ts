import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { parseSteps, type BuildSteps } from '../support/engine/rawProgress.ts'
import { noFaults } from '../support/registry/fake/faults.ts'
import { startFakeRegistry, type FakeRegistry } from '../support/registry/fakeRegistry.ts'
import { openPelago, type ContextFiles, type Pelago } from '../support/pelago.ts'

/** Machines that share nothing but a registry. */
describe('a build cache in a registry', { skip: missingForBuilds() }, () => {
  const once = new AsyncDisposableStack()
  let registry: FakeRegistry
  let machine: Pelago
  let base: string
  before(async () => {
    registry = once.use(await startFakeRegistry())
    machine = once.use(await openPelago())
    base = await pushBaseImage(registry.host)
  })
  beforeEach(() => {
    Object.assign(registry.faults, noFaults())
  })
  after(() => once.disposeAsync())

  const files = (changes: ContextFiles = {}): ContextFiles => ({
    Dockerfile: [
      `FROM ${base} AS build`, 'WORKDIR /src', 'COPY src /src/', 'RUN --mount=type=cache,target=/c echo made >/out && date >/c/date',
      `FROM ${base}`, 'RUN echo one >/one', 'COPY --from=build /out /bin/out', 'RUN --mount=type=bind,source=src,target=/m cat /m/a >/two', 'ENV done=yes',
    ].join('\n'),
    'src/a': 'hello', unrelated: 'x', ...changes,
  })

  interface Result {
    readonly steps: BuildSteps
    readonly digest: string
    readonly stderr: string
    /** What the registry was asked for, `METHOD path`. */
    readonly requests: readonly string[]
  }

  /** What a build on `on` does, and what comes of it. */
  async function build(on: Pelago, context: ContextFiles, ...args: readonly string[]): Promise<Result> {
    const metadata = join(on.folder, 'metadata.json')
    const before = registry.requests.length
    const { stderr } = await on.succeed(['build', '--progress=rawjson', '--metadata-file', metadata, '--network=none', ...args, await on.context(context)])
    const { 'containerimage.digest': digest = '' } = JSON.parse(await readFile(metadata, 'utf8')) as Record<string, string>
    return { steps: parseSteps(stderr), digest, stderr, requests: registry.requests.slice(before).map(({ method, path }) => `${method} ${path}`) }
  }
  async function onNewMachine<T>(use: (on: Pelago) => Promise<T>): Promise<T> {
    await using on = await openPelago()
    return await use(on)
  }
  const cacheTo = (name: string, ...more: readonly string[]): readonly string[] => ['--cache-to', ['type=registry', `ref=${registry.host}/${name}`, ...more].join(',')]
  const cacheFrom = (name: string): readonly string[] => ['--cache-from', `${registry.host}/${name}`]
  const blobsFetched = ({ requests }: Pick<Result, 'requests'>): readonly string[] => requests.filter((request) => request.startsWith('GET') && request.includes('/blobs/'))
  const layersOf = (name: string): readonly string[] => {
    const manifest = registry.manifest(name, 'latest') ?? assert.fail(`no cache ${name}`)
    return (JSON.parse(Buffer.from(manifest.bytes).toString()) as { layers: { digest: string }[] }).layers.map(({ digest }) => digest)
  }

  it('has another machine run nothing and fetch no layer, and gives it the same image', async () => {
    const first = await build(machine, files(), ...cacheTo('all', 'mode=max'))
    assert.match(first.stderr, /exporting cache to registry/)
    const second = await onNewMachine((on) => build(on, files({ unrelated: 'y' }), ...cacheFrom('all')))
    assert.deepEqual([second.steps.executed, second.digest], [[], first.digest])
    assert.equal(second.steps.cached.length, 7)
    assert.equal(blobsFetched(second).length, 2, 'the configs of cache and base')
    assert.match(second.stderr, new RegExp(`importing cache manifest from ${registry.host}/all:latest`))
  })

  it('has a step run whose file has changed, and what stands on it, and fetches only what these need', async () => {
    await onNewMachine(async (on) => {
      const { steps, requests } = await build(on, files({ 'src/a': 'changed' }), ...cacheFrom('all'))
      assert.deepEqual(ran(steps), ['COPY src /src/', 'RUN --mount=type=bind,source=src,target=/m cat /m/a >/two', 'RUN --mount=type=cache,target=/c echo made >/out && date >/c/date'])
      assert.ok(blobsFetched({ requests }).length < 2 + layersOf('all').length)
      const again = await build(on, files({ 'src/a': 'changed' }))
      assert.deepEqual(again.steps.executed, [], 'what was taken is known without the other machine')
    })
  })

  it('has the image alone in mode=min, with the keys of all steps', async () => {
    await build(machine, files(), ...cacheTo('min'))
    assert.ok(layersOf('min').length < layersOf('all').length)
    await onNewMachine(async (on) => {
      assert.deepEqual((await build(on, files(), ...cacheFrom('min'))).steps.executed, [])
    })
    const { steps } = await onNewMachine((on) => build(on, files(), '--target=build', ...cacheFrom('min')))
    assert.deepEqual(ran(steps), ['COPY src /src/', 'RUN --mount=type=cache,target=/c echo made >/out && date >/c/date', 'WORKDIR /src'])
  })

  it('has several platforms in one', async () => {
    const platforms = ['--platform', 'linux/amd64,linux/arm64,linux/arm/v7']
    const first = await build(machine, files(), ...platforms, ...cacheTo('platforms', 'mode=max', 'compression=zstd'))
    const second = await onNewMachine((on) => build(on, files(), ...platforms, ...cacheFrom('platforms')))
    assert.deepEqual(second.steps.executed, [])
    assert.notEqual(second.digest, first.digest, 'its layers are zstd')
    assert.equal(registry.requests.filter(({ method, path }) => method === 'PUT' && path === '/v2/platforms/manifests/latest').length, 1)
  })

  it('is sent the change alone the next time', async () => {
    const started = ({ requests }: Pick<Result, 'requests'>): number => requests.filter((request) => request.startsWith('POST') && request.includes('/again/')).length
    const first = await build(machine, files(), ...cacheTo('again', 'mode=max'))
    assert.ok(started(first) > 7)
    assert.equal(started(await build(machine, files(), ...cacheTo('again', 'mode=max'))), 0, 'nothing is new')
    const changed = { ...files(), Dockerfile: `${String(files()['Dockerfile'])}\nRUN echo more >/more` }
    assert.equal(started(await build(machine, changed, ...cacheTo('again', 'mode=max'))), 2, 'a layer and the config')
  })

  it('keeps what a machine has only heard of when that machine exports', async () => {
    await onNewMachine((on) => build(on, files(), ...cacheFrom('all'), ...cacheTo('heard', 'mode=max')))
    assert.deepEqual(layersOf('heard').toSorted(), layersOf('all').toSorted())
    const { steps } = await onNewMachine((on) => build(on, files(), '--target=build', ...cacheFrom('heard')))
    assert.deepEqual(steps.executed, [])
  })

  for (const fault of ['gone', 'gone-unsaid', 'damaged'] as const) {
    it(`does not fail a build where a layer is ${fault}: its step is run instead`, async () => {
      const layers = layersOf('all').filter((digest) => !baseLayers().includes(digest))
      Object.assign(registry.faults, { blobs: new Map(layers.map((digest) => [digest, fault])) })
      await onNewMachine(async (on) => {
        const folder = join(on.folder, 'out')
        await on.succeed(['build', '--network=none', ...cacheFrom('all'), '--output', folder, await on.context(files())])
        assert.equal(await readFile(join(folder, 'two'), 'utf8'), 'hello')
        assert.equal(await readFile(join(folder, 'bin/out'), 'utf8'), 'made\n')
      })
    })
  }

  const broken: readonly { readonly name: string; readonly prepare: (name: string) => void; readonly why: RegExp }[] = [
    { name: 'missing', prepare: () => undefined, why: /there is no such image/ },
    { name: 'no cache at all', prepare: (name) => void registry.putManifest(name, 'latest', { mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes: Buffer.from('{"schemaVersion":2}') }), why: /invalid manifest/ },
    { name: 'nonsense', prepare: (name) => putCache(name, '{"records":[{"digest":"x"}]}'), why: /invalid build cache/ },
    { name: 'too large', prepare: (name) => putCache(name, '{}', 1 << 30), why: /1073741824 bytes, more than/ },
  ]
  for (const { name, prepare, why } of broken) {
    it(`that is ${name} is told, and the build goes on`, async () => {
      const cache = name.replaceAll(' ', '-')
      prepare(cache)
      const { exitCode, stderr } = await machine.run(['build', '--progress=plain', ...cacheFrom(cache), await machine.context({ Dockerfile: 'FROM scratch\nENV a=b' })])
      assert.equal(exitCode, 0, stderr)
      assert.match(stderr, new RegExp(`importing cache manifest from ${registry.host}/${cache}:latest failed, so the build goes without: .*${why.source}`))
    })
  }

  function putCache(name: string, config: string, sizeBytes = config.length): void {
    const digest = registry.putBlob(name, Buffer.from(config))
    const manifest = { schemaVersion: 2, config: { mediaType: 'application/vnd.buildkit.cacheconfig.v0', digest, size: sizeBytes }, layers: [] }
    registry.putManifest(name, 'latest', { mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes: Buffer.from(JSON.stringify(manifest)) })
  }

  it('with records that go in circles, or lead nowhere, is of no use and of no harm', async () => {
    const digests = ['1', '2', '3'].map((digit) => `sha256:${digit.repeat(64)}`)
    const records = [{ digest: digests[0], inputs: [[{ link: 1 }]] }, { digest: digests[1], inputs: [[{ link: 0 }]], layers: [{ layer: 0 }] }, { digest: digests[2], inputs: [[{ link: 99 }], [{ link: -1 }]], layers: [{ layer: 7 }] }]
    putCache('circles', JSON.stringify({ layers: [{ blob: digests[0], parent: 0 }], records }))
    const { steps } = await onNewMachine((on) => build(on, files(), '--target=build', ...cacheFrom('circles')))
    assert.equal(ran(steps).length, 3)
  })

  it('that cannot be written fails the build, unless that is to be ignored', async () => {
    Object.assign(registry.faults.manifests, { refusedTypes: new Set(['application/vnd.oci.image.manifest.v1+json']) })
    const context = await machine.context({ Dockerfile: 'FROM scratch\nENV a=b' })
    const failed = await machine.run(['build', ...cacheTo('refused'), context])
    assert.equal(failed.exitCode, 1)
    const ignored = await machine.run(['build', ...cacheTo('refused', 'ignore-error=true'), context])
    assert.equal(ignored.exitCode, 0, ignored.stderr)
    assert.match(ignored.stderr, /exporting cache to registry failed: /)
    Object.assign(registry.faults, noFaults())
  })

  for (const args of [['--cache-to', 'type=inline'], ['--build-arg', 'BUILDKIT_INLINE_CACHE=1']]) {
    it(`is in the image itself with ${args.join(' ')}`, async () => {
      const name = `${registry.host}/inline${args.length}${args[0] ?? ''}:1`
      const { digest } = await build(machine, files(), ...args, '-t', name, '--push')
      const second = await onNewMachine((on) => build(on, files(), ...args, '--cache-from', name, '-t', `${name}-again`, '--push'))
      assert.deepEqual([second.steps.executed, second.digest], [[], digest])
    })
  }

  const wrong: readonly { readonly args: readonly string[]; readonly says: RegExp }[] = [
    { args: ['--cache-to', 'mode=max'], says: /invalid --cache-to "mode=max": it has no type/ },
    { args: ['--cache-to', 'type=registry,mode=max'], says: /has no ref/ },
    { args: ['--cache-to', 'type=registry,ref=a/b,mode=most'], says: /invalid value "most" of "mode"/ },
    { args: ['--cache-to', 'type=registry,ref=a/b,colour=red'], says: /unknown attribute "colour"/ },
    { args: ['--cache-to', 'type=inline,mode=max'], says: /invalid value "max" of "mode"/ },
    { args: ['--cache-to', 'type=nowhere'], says: /unknown cache exporter: "nowhere"/ },
    { args: ['--cache-from', 'type=nowhere'], says: /unknown cache importer: "nowhere"/ },
    { args: ['--cache-to', 'type=registry,ref=a/b', '--cache-to', 'ref=a/b,type=registry'], says: /duplicate cache export: type=registry,ref=a\/b/ },
  ]
  for (const { args, says } of wrong) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { exitCode, stderr } = await machine.run(['build', ...args, await machine.context({ Dockerfile: 'FROM scratch\nENV a=b' })])
      assert.notEqual(exitCode, 0)
      assert.match(stderr, says)
    })
  }

  function baseLayers(): readonly string[] {
    const read = (name: string): { readonly manifests: readonly { readonly digest: string }[]; readonly layers: readonly { readonly digest: string }[] } => JSON.parse(Buffer.from(registry.manifest('busybox', name)?.bytes ?? []).toString()) as never
    return read('latest').manifests.flatMap(({ digest }) => read(digest).layers.map((layer) => layer.digest))
  }
})

/** What was executed, without the stage's name and the count, and without base images. */
function ran({ executed }: BuildSteps): readonly string[] {
  return executed.map((name) => name.replace(/^\[[^\]]*\] /, '')).filter((text) => !text.startsWith('FROM ')).sort()
}
