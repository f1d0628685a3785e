import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parseSteps } from '../support/engine/rawProgress.ts'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { openPelago, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { startFakeRegistry } from '../support/registry/fakeRegistry.ts'

/** Machines that share nothing but a folder, and the base image's registry. */
describe('a build cache in a folder', { skip: missingForBuilds() }, () => {
  const once = new AsyncDisposableStack()
  let machine: Pelago
  let other: Pelago
  let base: string
  before(async () => {
    const registry = once.use(await startFakeRegistry())
    machine = once.use(await openPelago())
    other = once.use(await openPelago())
    base = await pushBaseImage(registry.host)
  })
  after(() => once.disposeAsync())

  /** Other `mark`s are other builds: no step of one is found for another. */
  const files = (mark: string): ContextFiles => ({
    Dockerfile: [`FROM ${base} AS build`, `ENV MARK=${mark}`, 'COPY src /src/', 'RUN echo made $MARK >/out', `FROM ${base}`, 'COPY --from=build /out /bin/out'].join('\n'),
    'src/a': mark,
  })
  const folder = (name: string): string => join(machine.folder, name)
  const cacheTo = (name: string, ...more: readonly string[]): readonly string[] => ['--cache-to', ['type=local', `dest=${folder(name)}`, 'mode=max', ...more].join(',')]
  const cacheFrom = (name: string, ...more: readonly string[]): readonly string[] => ['--cache-from', ['type=local', `src=${folder(name)}`, ...more].join(',')]
  async function build(on: Pelago, context: ContextFiles, ...args: readonly string[]): Promise<{ readonly ran: readonly string[]; readonly stderr: string }> {
    const { stderr } = await on.succeed(['build', '--progress=rawjson', '--network=none', ...args, await on.context(context)])
    return { ran: stepsRun(stderr), stderr }
  }
  async function tagsOf(name: string): Promise<Readonly<Record<string, string>>> {
    const { manifests } = JSON.parse(await readFile(join(folder(name), 'index.json'), 'utf8')) as { readonly manifests: readonly { readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[] }
    return Object.fromEntries(manifests.map(({ digest, annotations }) => [annotations['org.opencontainers.image.ref.name'] ?? '', digest]))
  }
  /** The blobs, each of which was seen to have the bytes of its name. */
  async function blobsOf(name: string): Promise<readonly string[]> {
    const blobs = join(folder(name), 'blobs/sha256')
    const names = await readdir(blobs)
    for (const blob of names) assert.equal(createHash('sha256').update(await readFile(join(blobs, blob))).digest('hex'), blob)
    assert.deepEqual(await readdir(join(folder(name), 'ingest')), [])
    return names
  }

  it('has another machine run nothing, by the name that it has there or by digest', async () => {
    await build(machine, files('tagged'), ...cacheTo('tags', 'tag=v1'), ...cacheTo('tags', 'tag=v2', 'image-manifest=false'))
    const { v2 = '' } = await tagsOf('tags')
    await build(machine, files('untagged'), ...cacheTo('tags'))
    await build(machine, files('digest'), ...cacheTo('tags', 'tag=v2'))
    assert.deepEqual(Object.keys(await tagsOf('tags')).sort(), ['latest', 'v1', 'v2'])
    for (const [mark, ...by] of [['untagged'], ['tagged', `digest=${v2}`], ['digest', 'tag=v2']] as const) {
      const { ran, stderr } = await build(other, files(mark), ...cacheFrom('tags', ...by))
      assert.deepEqual(ran, [], stderr)
      assert.match(stderr, /importing cache manifest from local:/)
    }
    assert.ok((await blobsOf('tags')).length > 15)
  })

  it('is as whole when builds of several machines export to it at once', async () => {
    const marks = ['one', 'two', 'three', 'four']
    await Promise.all(marks.map((mark, index) => build(index % 2 === 0 ? machine : other, files(mark), ...cacheTo('shared', `tag=${mark}`))))
    assert.deepEqual(Object.keys(await tagsOf('shared')).sort(), marks.toSorted())
    await blobsOf('shared')
    assert.deepEqual((await build(machine, files('two'), ...cacheFrom('shared', 'tag=two'))).ran, [])
  })

  it('may be of other modes and forms side by side, and named with letters that no header takes', async () => {
    const [min, index] = [`type=local,dest=${folder('min')}`, `type=local,dest=${folder('größe ü')},mode=max,image-manifest=false,oci-mediatypes=false`]
    await build(machine, files('forms'), '--cache-to', min, '--cache-to', index)
    const form = async (name: string): Promise<string> => (JSON.parse(await readFile(join(folder(name), 'blobs/sha256', ((await tagsOf(name))['latest'] ?? '').slice('sha256:'.length)), 'utf8')) as { readonly mediaType: string }).mediaType
    assert.deepEqual([await form('min'), await form('größe ü')], ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'])
    assert.deepEqual((await build(other, files('forms'), ...cacheFrom('größe ü'))).ran, [])
  })

  it('that is not there is told, and the build goes on', async () => {
    await mkdir(folder('damaged'))
    await writeFile(join(folder('damaged'), 'index.json'), '{"schemaVersion":2,"manifests":[{"digest":"../../x"}]}')
    const asked = [...cacheFrom('nowhere'), ...cacheFrom('tags', 'tag=other'), ...cacheFrom('tags', `digest=sha256:${'0'.repeat(64)}`), ...cacheFrom('damaged')]
    const { stderr } = await machine.succeed(['build', '--progress=plain', '--network=none', ...asked, await machine.context(files('none'))])
    const notes = [...stderr.matchAll(/^note: the cache in \S+ is left out: (.*)$/gm)].map(([, why = '']) => why)
    assert.deepEqual(notes.slice(0, 3), ['there is no such folder yet', 'nothing in its index.json is called "other"', `it does not have sha256:${'0'.repeat(64)}`])
    assert.match(notes[3] ?? '', /^invalid index: /)
  })

  it('with damaged layers has their steps run, and the next export mends it', async () => {
    await build(machine, files('broken'), ...cacheTo('broken'))
    const blobs = join(folder('broken'), 'blobs/sha256')
    const names = await readdir(blobs)
    const layers = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(blobs, name)) })))
    const gzipped = layers.filter(({ bytes }) => bytes.readUInt16BE() === 0x1f8b)
    assert.ok(gzipped.length >= 3)
    for (const { name, bytes } of gzipped) await writeFile(join(blobs, name), bytes.subarray(1))
    const { ran } = await build(other, files('broken'), ...cacheFrom('broken'))
    assert.equal(ran.length, 3)
    await build(machine, files('broken'), ...cacheTo('broken'))
    assert.deepEqual((await blobsOf('broken')).toSorted(), names.toSorted())
  })

  it('is kept for the targets of a bake file, and of a Compose file', async () => {
    const hcl = ['a', 'b'].map((name) => `target "${name}" {\n  context = "${name}"\n  cache-from = ["type=local,src=cache-${name}"]\n  cache-to = ["type=local,dest=cache-${name},mode=max"]\n}\n`).join('')
    const service = (name: string): string => `  ${name}:\n    image: ${name}\n    build:\n      context: ${name}\n      cache_from: ["type=local,src=cache-${name}"]\n      cache_to: ["type=local,dest=cache-${name},mode=max"]\n`
    const projects = [{ file: 'docker-bake.hcl', text: `group "default" {\n  targets = ["a", "b"]\n}\n${hcl}`, argv: ['bake'] }, { file: 'compose.yaml', text: `services:\n${service('a')}${service('b')}`, argv: ['compose', 'build'] }]
    for (const { file, text, argv } of projects) {
      const sources = Object.fromEntries(['a', 'b'].flatMap((name) => Object.entries(files(file + name)).map(([path, content]) => [`${name}/${path}`, content])))
      const cwd = await machine.context({ [file]: text, ...sources })
      const first = await machine.succeed([...argv, '--progress=rawjson'], { cwd })
      assert.match(first.stderr, /note: the cache in cache-a is left out: there is no such folder yet/)
      const { stderr } = await other.succeed([...argv, '--progress=rawjson'], { cwd })
      assert.deepEqual(stepsRun(stderr), [], stderr)
    }
  })

  it('refuses what it does not know before anything is built', async () => {
    const { exitCode, stderr } = await machine.run(['build', ...cacheTo('never', 'reset=true'), await machine.context(files('never'))])
    assert.deepEqual([exitCode, parseSteps(stderr).executed], [2, []])
    assert.match(stderr, /local cache exporter: unknown attribute "reset"/)
  })
})

/** Of the Dockerfile, without base images. */
function stepsRun(stderr: string): readonly string[] {
  return parseSteps(stderr).executed.filter((name) => / \d+\/\d+\] (?!FROM )/.test(name))
}
