import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { BASE_PLATFORMS, missingForBuilds } from '../support/images/baseImage.ts'
import { type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { type ContextFiles, type Pelago } from '../support/pelago.ts'
import { parseSteps, type BuildSteps } from '../support/engine/rawProgress.ts'
import { describeFile, tool, unpackImage, type IndexJson } from '../support/images/unpackedImage.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

/** What `uname -m` says on each. */
const MACHINES: ReadonlyMap<string, string> = new Map([
  ['linux/amd64', 'x86_64'],
  ['linux/arm64', 'aarch64'],
  ['linux/arm/v7', 'armv7l'],
  ['linux/s390x', 's390x'],
  ['linux/386', 'i686'],
])

const DOCKERFILE = `ARG BASE
FROM --platform=$BUILDPLATFORM $BASE AS compiler
ARG TARGETARCH
RUN echo "made on $(uname -m)" > /tool
FROM --platform=$BUILDPLATFORM compiler AS cross
ARG TARGETPLATFORM
RUN echo "for $TARGETPLATFORM" > /program
FROM $BASE
WORKDIR /srv
COPY --from=compiler /tool tool
COPY --from=cross /program program
RUN uname -m > machine
COPY first.txt ./
COPY second.txt ./
`
const FILES: ContextFiles = { Dockerfile: DOCKERFILE, 'first.txt': 'first', 'second.txt': 'second', unrelated: 'unrelated' }

describe('a build for five platforms', { skip: missingForBuilds('skopeo', 'umoci'), concurrency: false }, () => {
  let workbench: Workbench
  let registry: DockerRegistry
  let pelago: Pelago
  let base: string
  let context: string
  let first: Built
  before(async () => {
    ({ registry, pelago, base } = workbench = await openWorkbench())
    context = await pelago.context(FILES)
    first = await build()
  })
  after(() => workbench[Symbol.asyncDispose]())

  interface Built {
    readonly steps: BuildSteps
    readonly digest: string
  }

  async function build(...more: readonly string[]): Promise<Built> {
    const metadata = join(pelago.folder, 'metadata.json')
    const { stderr } = await pelago.succeed(['build', '--platform', BASE_PLATFORMS.join(','), '--build-arg', `BASE=${base}`, '-t', `${registry.host}/app:1`, '--push', '--progress=rawjson', '--metadata-file', metadata, ...more, context])
    const { 'containerimage.digest': digest } = JSON.parse(await tool('cat', metadata)) as { readonly 'containerimage.digest': string }
    return { steps: parseSteps(stderr), digest }
  }

  it('pushes an index of all platforms, in the order in which they were asked for', async () => {
    const raw = await tool('skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${registry.host}/app:1`)
    const { mediaType, manifests } = JSON.parse(raw) as IndexJson
    assert.equal(mediaType, 'application/vnd.oci.image.index.v1+json')
    assert.deepEqual(manifests.map(({ platform }) => [platform?.os, platform?.architecture, platform?.variant].filter((part) => part !== undefined).join('/')), BASE_PLATFORMS)
    assert.equal(await tool('skopeo', 'inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${registry.host}/app@${first.digest}`), `${first.digest}\n`)
  })

  for (const platform of BASE_PLATFORMS) {
    it(`has for ${platform} what ran on it, and what the build platform made for it`, { skip: process.getuid?.() !== 0 && 'umoci unpacks owners as root only' }, async () => {
      const { root, config } = await unpackImage(pelago, `docker://${registry.host}/app:1`, platform)
      const [, architecture, variant] = platform.split('/')
      assert.deepEqual([config.os, config.architecture, config.variant], ['linux', architecture, variant])
      assert.equal(describeFile(join(root, 'srv/machine')), `file 644 0:0 ${JSON.stringify(`${MACHINES.get(platform) ?? ''}\n`)}`)
      assert.equal(describeFile(join(root, 'srv/tool')), 'file 644 0:0 "made on x86_64\\n"')
      assert.equal(describeFile(join(root, 'srv/program')), `file 644 0:0 ${JSON.stringify(`for ${platform}\n`)}`)
      assert.equal(describeFile(join(root, 'srv')), 'folder 755 0:0')
      assert.equal(config.config['WorkingDir'], '/srv')
      assert.equal(config.rootfs.diff_ids.length, config.history.filter((entry) => entry.empty_layer !== true).length)
    })
  }

  it('runs a step of the build platform once, where it is equal for all platforms, and each other step once a platform', () => {
    const count = (part: string): number => first.steps.executed.filter((name) => name.includes(part)).length
    assert.deepEqual(['RUN echo "made on', 'RUN echo "for', 'RUN uname -m', 'COPY first.txt'].map(count), [5, 5, 5, 5])
  })

  it('runs a step of the build platform once that no platform tells apart', async () => {
    const shared = await pelago.context({ Dockerfile: `ARG BASE\nFROM --platform=$BUILDPLATFORM $BASE AS tool\nRUN echo tool > /tool\nFROM $BASE\nCOPY --from=tool /tool /tool\n` })
    const { stderr } = await pelago.succeed(['build', '--platform', BASE_PLATFORMS.join(','), '--build-arg', `BASE=${base}`, '--progress=rawjson', shared])
    const { executed } = parseSteps(stderr)
    assert.equal(executed.filter((name) => name.includes('RUN echo tool')).length, 1)
    assert.equal(executed.filter((name) => name.includes('COPY --from=tool')).length, 5)
  })

  it('executes nothing the second time, and gives the same index byte for byte', async () => {
    const second = await build()
    assert.deepEqual(second.steps.executed, [])
    assert.equal(second.digest, first.digest)
  })

  it('does not rebuild a COPY for a file that it does not copy', async () => {
    writeFileSync(join(context, 'unrelated'), 'changed')
    const changed = await build()
    assert.deepEqual(changed.steps.executed, [])
    assert.equal(changed.digest, first.digest)
  })

  it('rebuilds what depends on a changed file, and nothing before it', async () => {
    writeFileSync(join(context, 'second.txt'), 'changed')
    const changed = await build()
    assert.deepEqual(changed.steps.executed.map((name) => name.replace(/^\[\S+ \S+ \S+\] /, '')), Array<string>(5).fill('COPY second.txt ./'))
    assert.notEqual(changed.digest, first.digest)
    writeFileSync(join(context, 'second.txt'), 'second')
    const back = await build()
    assert.deepEqual([back.steps.executed, back.digest], [[], first.digest])
  })

  it('finds in a new engine what another engine has cached', async () => {
    const { stderr } = await pelago.succeed(['build', '--platform', BASE_PLATFORMS.join(','), '--build-arg', `BASE=${base}`, '--progress=rawjson', context], { env: { PELAGO_TEST_ENGINE: 'another' } })
    assert.deepEqual(parseSteps(stderr).executed, [])
    assert.ok(parseSteps(stderr).cached.length > 0)
  })

  it('runs every step anew with --no-cache, but takes base images and folders as they are', async () => {
    const { executed, cached } = (await build('--no-cache')).steps
    assert.equal(executed.filter((name) => /\] (?:RUN|COPY) /.test(name)).length, 5 + 5 + 5 * 5)
    assert.ok(cached.every((name) => /\] (?:FROM|WORKDIR) /.test(name)), cached.join('\n'))
  })

  it('runs the steps of one stage anew with --no-cache-filter', async () => {
    const anew = await build('--no-cache-filter', 'cross')
    const ran = anew.steps.executed.filter((name) => name.includes('] RUN '))
    assert.equal(ran.length, 5)
    assert.ok(ran.every((name) => name.includes('RUN echo "for')), ran.join('\n'))
  })
})

describe('the cache of a build', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let base: string
  before(async () => {
    ({ pelago, base } = workbench = await openWorkbench())
  })
  after(() => workbench[Symbol.asyncDispose]())

  async function executedBy(context: string, ...args: readonly string[]): Promise<readonly string[]> {
    const { stderr } = await pelago.succeed(['build', '--build-arg', `BASE=${base}`, '--progress=rawjson', ...args, context])
    return parseSteps(stderr).executed.map((name) => name.replace(/^\[.*?\] /, '')).filter((name) => !name.startsWith('FROM'))
  }

  it('knows a build argument only from where it is declared', async () => {
    const context = await pelago.context({ Dockerfile: 'ARG BASE\nFROM $BASE\nRUN echo before > /a\nARG WORD\nRUN echo "$WORD" > /b\n' })
    assert.deepEqual(await executedBy(context, '--build-arg', 'WORD=one'), ['RUN echo before > /a', 'RUN echo "one" > /b'])
    assert.deepEqual(await executedBy(context, '--build-arg', 'WORD=two'), ['RUN echo "two" > /b'])
    assert.deepEqual(await executedBy(context, '--build-arg', 'WORD=one'), [])
  })

  it('goes by content: a rebuilt stage with equal output does not rebuild what copies from it', async () => {
    const dockerfile = (note: string): string => `ARG BASE\nFROM $BASE AS made\nRUN echo same > /out # ${note}\nFROM $BASE\nCOPY --from=made /out /out\nRUN cat /out > /copy\n`
    await executedBy(await pelago.context({ Dockerfile: dockerfile('one') }))
    assert.deepEqual(await executedBy(await pelago.context({ Dockerfile: dockerfile('two') })), ['RUN echo same > /out # two'])
  })

  it('tells files apart by mode, and not by time', async () => {
    const context = await pelago.context({ Dockerfile: 'ARG BASE\nFROM $BASE\nCOPY folder /folder\n', 'folder/script': 'echo' })
    const copied = ['COPY folder /folder']
    assert.deepEqual(await executedBy(context), copied)
    await tool('touch', '-d', '2001-02-03', join(context, 'folder/script'))
    assert.deepEqual(await executedBy(context), [])
    await tool('chmod', '755', join(context, 'folder/script'))
    assert.deepEqual(await executedBy(context), copied)
    mkdirSync(join(context, 'folder/empty'))
    assert.deepEqual(await executedBy(context), copied)
  })

  it('keeps builds of two commands at once apart, and shares what is equal', async () => {
    const dockerfile = (own: string): string => `ARG BASE\nFROM $BASE\nRUN sleep 0.3; echo shared > /shared\nRUN echo ${own} > /own\n`
    const contexts = [await pelago.context({ Dockerfile: dockerfile('one') }), await pelago.context({ Dockerfile: dockerfile('two') })]
    const ran = await Promise.all(contexts.map((context) => executedBy(context)))
    assert.deepEqual(ran.map((names) => names.filter((name) => name.includes('/own'))), [['RUN echo one > /own'], ['RUN echo two > /own']])
    assert.deepEqual(await executedBy(contexts[0] ?? ''), [])
  })

  it('begins anew where the store was removed', async () => {
    const root = pelago.env['PELAGO_ROOT'] ?? ''
    const context = await pelago.context({ Dockerfile: 'ARG BASE\nFROM $BASE\nRUN echo kept > /kept\n' })
    await executedBy(context)
    await rm(root, { recursive: true, maxRetries: 3 })
    assert.deepEqual(await executedBy(context), ['RUN echo kept > /kept'])
  })
})
