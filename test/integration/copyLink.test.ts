import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openFileBuilds, type FileBuilds } from '../support/fileBuilds.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { parseSteps, type BuildSteps } from '../support/engine/rawProgress.ts'
import { readBlob, type DescriptorJson, type IndexJson, type ManifestJson } from '../support/images/unpackedImage.ts'

interface Pushed {
  readonly steps: BuildSteps
  /** Digests of the layers, for each platform. */
  readonly layers: readonly (readonly string[])[]
}

describe('COPY --link', { skip: missingForBuilds('skopeo'), concurrency: false }, () => {
  let registry: DockerRegistry
  /** Makes the base images, in a store of its own. */
  let others: Pelago
  let builds: FileBuilds
  let busybox: string
  before(async () => {
    registry = await startDockerRegistry()
    others = await openPelago()
    builds = await openFileBuilds()
    busybox = await pushBaseImage(registry.host)
  })
  after(async () => {
    await builds[Symbol.asyncDispose]()
    await others[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  async function pushBase(tag: string, text: string, ...more: readonly string[]): Promise<string> {
    const reference = `${registry.host}/${tag}`
    await others.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '-t', reference, '--push', await others.context({ text, Dockerfile: [`FROM ${busybox}`, 'COPY text /base', ...more, ''].join('\n') })])
    return reference
  }

  let count = 0
  async function build(lines: readonly string[], context: string, ...args: readonly string[]): Promise<Pushed> {
    const { pelago } = builds
    const layout = join(pelago.folder, `layout-${++count}`)
    const output = args.includes('--push') ? [] : ['-o', `type=oci,dest=${layout},tar=false`]
    const { stderr } = await pelago.succeed(['build', '-f', '-', '--pull', '--progress=rawjson', ...output, ...args, context], { input: lines.join('\n') })
    return { steps: parseSteps(stderr), layers: output.length === 0 ? [] : layersOf(layout) }
  }

  it('makes a layer that stays the same, bit for bit, when what it stands on changes; nothing is done anew, and no base is fetched', async () => {
    const base = await pushBase('moving', 'one')
    const context = await builds.pelago.context({ 'app/tool': 'tool', 'app/sub/data': 'data' })
    const lines = [`FROM ${base}`, 'COPY --link --chown=7:8 app ./app/', 'COPY --link app/tool /bin/']
    const first = await build(lines, context, '-t', `${registry.host}/linked:1`, '--push')
    assert.equal(first.steps.executed.filter((name) => name.includes('LINK')).length, 2)
    const before = await remoteLayers(`${registry.host}/linked:1`)
    await pushBase('moving', 'two, which is another')
    const second = await build(lines, context, '-t', `${registry.host}/linked:2`, '--push')
    const after = await remoteLayers(`${registry.host}/linked:2`)
    assert.deepEqual(second.steps.executed.map((name) => name.replace(/^\[.*?\] /, '').replace(/@.*/, '')).filter((name) => !name.startsWith('FROM')), ['LINK COPY --link --chown=7:8 app ./app/', 'LINK COPY --link app/tool /bin/'])
    assert.deepEqual(after.slice(-2), before.slice(-2))
    assert.notDeepEqual(after.slice(0, -2), before.slice(0, -2))
    for (const digest of after.slice(0, -2)) assert.equal(existsSync(join(builds.pelago.env['PELAGO_ROOT'] ?? '', 'blobs', digest.replace(':', '/'))), false, 'a base layer was fetched')
  })

  it('is what later steps see, over what the base has', async () => {
    const base = await pushBase('seen', 'base', 'RUN mkdir -p /real /etc/app && echo old > /etc/app/conf && echo kept > /etc/app/kept && ln -s /real /to && ln -s /etc/app/conf /file')
    const files = { 'app/conf': 'new', x: 'x' }
    const built = await builds.build([`FROM ${base} AS made`, 'COPY --link app /etc/app/', 'COPY --link x /to/', 'ADD --link x /file', 'COPY --link <<EOF /note', 'note', 'EOF', 'RUN cat /base /etc/app/* /to/x /file /note > /out; ls -ld /to /file | cut -c1 > /kinds; ls /real | wc -l >> /kinds', 'FROM scratch', 'COPY --link --from=made /out /kinds /'], files)
    assert.deepEqual([...built.files], [['kinds', 'file 644 0:0 "-\\nd\\n0\\n"'], ['out', 'file 644 0:0 "basenewkept\\nxxnote\\n"']])
  })

  it('gives the same layer to every platform', async () => {
    const { layers } = await build([`FROM ${busybox}`, 'COPY --link a b /x/'], await builds.pelago.context({ a: 'a', b: 'b' }), '--platform', 'linux/amd64,linux/arm64')
    const [amd64 = [], arm64 = []] = layers
    assert.deepEqual([amd64.length, arm64.length, amd64.at(-1) === arm64.at(-1), amd64[0] === arm64[0]], [2, 2, true, false])
  })

  it('copies from an image what the target platform has of it', async () => {
    const machines: string[] = []
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const { files } = await builds.build(['FROM scratch', `COPY --link --from=${busybox} /bin/busybox /tool`], {}, '--platform', platform)
      // ELF's e_machine
      machines.push(Buffer.from(JSON.parse(/"(.*)"$/.exec(files.get('tool') ?? '')?.[0] ?? '""') as string, 'latin1').readUInt16LE(18).toString())
    }
    assert.deepEqual(machines, ['62', '183'])
  })

  it('packs the layer for each form once, and rewrites its times, whatever it stands on', async () => {
    const [one, two] = [await pushBase('form-one', '1'), await pushBase('form-two', '2')]
    const context = await builds.pelago.context({ a: 'a' })
    const layers: string[] = []
    for (const base of [one, two]) {
      for (const form of ['compression=zstd', 'compression=uncompressed', 'rewrite-timestamp=true']) {
        const layout = join(builds.pelago.folder, `form-${layers.length}`)
        await builds.pelago.succeed(['build', '-f', '-', '-o', `type=oci,dest=${layout},tar=false,${form}`, '--build-arg', 'SOURCE_DATE_EPOCH=5', context], { input: `FROM ${base}\nCOPY --link a /a\n` })
        layers.push(layersOf(layout)[0]?.at(-1) ?? '')
      }
    }
    assert.equal(new Set(layers).size, 3)
    assert.deepEqual(layers.slice(3), layers.slice(0, 3))
  })

  it('makes no layer of its own with --chmod, as BuildKit does not, nor with =false', async () => {
    const [one, two] = [await pushBase('chmod-one', '1'), await pushBase('chmod-two', '2')]
    const context = await builds.pelago.context({ a: 'a' })
    for (const flags of ['--link --chmod=600', '--link=false']) {
      await build([`FROM ${one}`, `COPY ${flags} a /a`], context)
      const { steps } = await build([`FROM ${two}`, `COPY ${flags} a /a`], context)
      assert.deepEqual(steps.executed.filter((name) => name.includes('COPY')).map((name) => name.replace(/^\[.*?\] /, '')), [`COPY ${flags} a /a`])
    }
  })

  it('is gone from the cache when nothing needs it, and then made anew', async () => {
    const context = await builds.pelago.context({ a: 'a' })
    const lines = [`FROM ${busybox}`, 'COPY --link a /pruned']
    const { layers } = await build(lines, context)
    await builds.pelago.succeed(['prune', '--all', '--force'])
    assert.deepEqual(readdirSync(join(builds.pelago.env['PELAGO_ROOT'] ?? '', 'layers')), [])
    assert.deepEqual((await build(lines, context)).layers, layers)
  })

  it('refuses names of owners, which it cannot look up', async () => {
    const { stderr } = await builds.fail([`FROM ${busybox}`, 'COPY --link --chown=daemon a /a'], { a: '' })
    assert.match(stderr, /--chown=daemon has a name, and COPY --link does not look into the files below it/)
    assert.match(stderr, /hint: write the numbers/)
  })

  async function remoteLayers(reference: string): Promise<readonly string[]> {
    const { stdout } = await builds.pelago.succeed(['imagetools', 'inspect', '--raw', reference])
    return (JSON.parse(stdout) as ManifestJson).layers.map(({ digest }) => digest)
  }
})

/** Of each platform of an OCI layout. */
function layersOf(layout: string): readonly (readonly string[])[] {
  const manifests = (index: IndexJson): readonly DescriptorJson[] => index.manifests.flatMap((descriptor) => (descriptor.mediaType.includes('index') ? manifests(JSON.parse(readBlob(layout, descriptor.digest).toString()) as IndexJson) : [descriptor]))
  const all = manifests(JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as IndexJson)
  return all.map(({ digest }) => (JSON.parse(readBlob(layout, digest).toString()) as ManifestJson).layers.map((layer) => layer.digest))
}
