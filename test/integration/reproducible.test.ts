import assert from 'node:assert/strict'
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { hashFile } from '../support/images/archives.ts'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { startFileServer } from '../support/servers/fileServer.ts'
import { startGitServer } from '../support/servers/gitServer.ts'
import { createOrdinaryUser, reasonAgainstUsers } from '../support/ordinaryUser.ts'
import { openPelago, runCommand, type CommandResult, type Pelago, type RunOptions } from '../support/pelago.ts'
import { readBlob, tool, type ImageConfigJson, type IndexJson, type ManifestJson } from '../support/images/unpackedImage.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/pelago', import.meta.url))
const EPOCH = 1_577_836_800
const EPOCH_TEXT = '2020-01-01T00:00:00Z'
const PLATFORMS = 'linux/amd64,linux/arm64'

/** Makes what is apt to differ: folders on the way, hard links, removals, files touched anew, names in bad order. */
const DOCKERFILE = (base: string): string => `FROM ${base} AS made
WORKDIR /made/deep
RUN for name in z a m B; do echo $name > $name; done; ln a linked; ln -s a symbolic; mkdir empty; mkfifo pipe
FROM ${base}
ARG SOURCE_DATE_EPOCH
WORKDIR /srv/app
COPY . /context/
COPY --from=made /made /made
ADD files.tar /unpacked/
RUN rm -r /made/deep/z /context/sub && touch /made/deep/m && chmod 600 /context/b && chown 33:34 /made/deep/B && echo $SOURCE_DATE_EPOCH > /epoch
RUN rm -r /made/deep && mkdir -p /made/deep && hostname > /made/deep/name && umask > /made/deep/umask
ENV A=b
CMD ["sh"]
`

/** The same files for all, but for what a machine gives them: order in the folder, times, the folder's own mode. */
function writeFiles(folder: string, { base, isReversed, seconds }: { readonly base: string; readonly isReversed: boolean; readonly seconds: number }): string {
  const archive = readFileSync(join(dirname(folder), 'files.tar'))
  const files = [['Dockerfile', DOCKERFILE(base)], ['a', 'a\n'], ['b', 'b\n'], ['sub/one', '1\n'], ['sub/two', '2\n'], ['other/three', '3\n'], ['files.tar', archive]] as const
  mkdirSync(folder)
  for (const [name, content] of isReversed ? files.toReversed() : files) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    writeFileSync(path, content)
    chmodSync(path, 0o644)
    utimesSync(path, seconds, seconds + 0.123)
  }
  for (const name of ['sub', 'other']) utimesSync(join(folder, name), seconds, seconds)
  return folder
}

const ARGUMENTS = ['build', '--platform', PLATFORMS, '-o', 'type=oci,dest=image.tar,rewrite-timestamp=true', '-t', 'app:1']

/** An archive of empty files with these times, in seconds. */
async function packDated(folder: string, times: Readonly<Record<string, number>>): Promise<Uint8Array> {
  for (const [path, seconds] of Object.entries(times)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), '')
    utimesSync(join(folder, path), seconds, seconds)
  }
  await tool('tar', '-C', folder, '-czf', `${folder}.tar`, '.')
  return readFileSync(`${folder}.tar`)
}

describe('the same bytes', { skip: missingForBuilds(), concurrency: false }, () => {
  let registry: DockerRegistry
  let base: string
  let plain: string
  before(async () => {
    registry = await startDockerRegistry()
    base = await pushBaseImage(registry.host)
    plain = await buildApart({ umask: '022', isReversed: false, seconds: EPOCH + 5 })
  })
  after(async () => registry[Symbol.asyncDispose]())

  /** An archive to be unpacked, with times of its own. */
  async function packFiles(folder: string): Promise<void> {
    const packed = join(folder, 'packed')
    mkdirSync(packed)
    for (const [name, seconds] of [['old', EPOCH - 1000], ['new', EPOCH + 1000]] as const) {
      writeFileSync(join(packed, name), name)
      utimesSync(join(packed, name), seconds, seconds)
    }
    await tool('tar', '--sort=name', '--owner=0', '--group=0', `--mtime=@${EPOCH + 1000}`, '-cf', join(folder, 'files.tar'), '-C', packed, 'new', 'old')
  }

  /** Digest of the archive of a build in a store of its own. */
  async function buildApart(variation: { readonly umask: string; readonly isReversed: boolean; readonly seconds: number; readonly settings?: Readonly<Record<string, string>> }): Promise<string> {
    await using pelago = await openPelago(variation.settings ?? {})
    await packFiles(pelago.folder)
    const context = writeFiles(join(pelago.folder, `context-${variation.umask}`), { base, ...variation })
    const env = { ...pelago.env, SOURCE_DATE_EPOCH: String(EPOCH) }
    const { exitCode, stderr } = await runCommand(['sh', '-c', `umask ${variation.umask}; exec "$@"`, 'sh', PROGRAM, ...ARGUMENTS, context], { env, cwd: pelago.folder })
    assert.equal(exitCode, 0, stderr)
    return await hashFile(join(pelago.folder, 'image.tar'))
  }

  it('come from another store of another kind, at another time, from another folder, with another umask', async () => {
    const other = { umask: '077', isReversed: true, seconds: EPOCH + 50_000_000 }
    assert.equal(await buildApart({ ...other, settings: { PELAGO_SNAPSHOTTER: 'copy', TZ: 'Asia/Tokyo', LC_ALL: 'C' } }), plain)
  })

  it('come to an ordinary user as to root', { skip: reasonAgainstUsers() || missingForBuilds('useradd', 'newuidmap', 'setpriv') }, async () => {
    await using user = createOrdinaryUser({ hasIdRange: true })
    await packFiles(user.home)
    const context = writeFiles(join(user.home, 'context'), { base, isReversed: true, seconds: EPOCH + 900 })
    const { exitCode, stderr } = await user.pelago(...ARGUMENTS, '--build-arg', `SOURCE_DATE_EPOCH=${EPOCH}`, context)
    assert.equal(exitCode, 0, stderr)
    assert.equal(await hashFile(join(user.home, 'image.tar')), plain)
  })
})

describe('pelago reproduce', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let base: string
  before(async () => {
    ({ pelago, base } = workbench = await openWorkbench())
  })
  after(() => workbench[Symbol.asyncDispose]())

  const REWRITE = ['-o', 'type=image,rewrite-timestamp=true', '--build-arg', `SOURCE_DATE_EPOCH=${EPOCH}`]
  const contextOf = (...steps: readonly string[]): Promise<string> => pelago.context({ Dockerfile: [`FROM ${base}`, ...steps, ''].join('\n'), note: 'note\n' })
  const reproduce = (...args: readonly string[]): Promise<CommandResult> => pelago.run(['reproduce', '--progress=none', ...args])

  it('finds nothing where there is nothing, on any platform, and leaves nothing', async () => {
    const { exitCode, stdout, stderr } = await reproduce('--platform', PLATFORMS, ...REWRITE, await contextOf('WORKDIR /new', 'COPY note .', 'RUN uname -m > machine && mkdir a b'))
    assert.equal(exitCode, 0, stdout + stderr)
    assert.match(stdout, /^the same: both builds came to sha256:[0-9a-f]{64}\n$/)
    assert.deepEqual(readdirSync(pelago.folder).filter((name) => !name.startsWith('context-')), [])
  })

  it('names files, what of them differs, their step, and what to do', async () => {
    const noise = 'RUN cat /proc/sys/kernel/random/uuid | tee /etc/machine-id > /random; printf "\\\\037\\\\213" > /data; cat /random >> /data; touch /$(cat /random); echo fixed > /fixed'
    const { exitCode, stdout } = await reproduce(...REWRITE, await contextOf('RUN touch /quiet', noise.replaceAll('\\\\', '\\')))
    assert.equal(exitCode, 1, stdout)
    assert.match(stdout, /^linux\/amd64: differs\n {2}layer \d+, of RUN \/bin\/sh -c cat \/proc\/sys\/kernel\/random\/uuid [^\n]*: 5 files differ\n/)
    assert.match(stdout, /^ {4}\/random: content at byte \d+ \("[^"]+" \| "[^"]+"\)$/m)
    assert.match(stdout, /^ {4}\/[0-9a-f-]{36}: only in the first\n {4}\/[0-9a-f-]{36}: only in the second$/m)
    assert.match(stdout, /a random id of the machine \(1 file\)\n {4}in the same RUN: : > \/etc\/machine-id$/m)
    assert.match(stdout, /gzip writes [^\n]* \(1 file\)\n {4}gzip -n$/m)
    assert.doesNotMatch(stdout, /fixed: |quiet|mtime/)
  })

  it('tells programs, too', async () => {
    const { exitCode, stdout } = await reproduce('--format', 'json', await contextOf('RUN date +%s > /now', 'COPY note /note'))
    assert.equal(exitCode, 1)
    const { identical, platforms, causes } = JSON.parse(stdout) as { identical: boolean; platforms: { platform: string; layers: { step: string; files: { path: string; aspects: { aspect: string }[]; cause: { remedy: string } }[] }[] }[]; causes: { remedy: string }[] }
    assert.deepEqual([identical, platforms.map(({ platform, layers }) => [platform, layers.map(({ step }) => step)])], [false, [['linux/amd64', ['RUN /bin/sh -c date +%s > /now']]]])
    assert.deepEqual(platforms[0]?.layers[0]?.files.map(({ path, aspects }) => [path, aspects.map(({ aspect }) => aspect)]), [['/now', ['content', 'mtime']]])
    assert.equal(causes.length, 1)
  })

  it('compares with an archive, a layout, and an image of the store', async () => {
    const context = await contextOf('COPY note /note')
    const others = [['archive.tar', 'type=oci,dest=archive.tar'], ['layout', 'type=oci,tar=false,dest=layout'], ['docker.tar', 'type=docker,dest=docker.tar,oci-mediatypes=true'], ['stored', 'type=store']] as const
    for (const [name, output] of others) {
      await pelago.succeed(['build', '-t', 'stored', '--build-arg', `SOURCE_DATE_EPOCH=${EPOCH}`, '-o', `${output},rewrite-timestamp=true`, context])
      const same = await reproduce(...REWRITE, '--against', name, context)
      assert.deepEqual([same.exitCode, same.stdout.replace(/[0-9a-f]{64}/, '')], [0, `the same: ${name} and the build are sha256:\n`], same.stderr)
    }
    const other = await reproduce('--against', 'layout', '--label', 'a=b', '--build-arg', `SOURCE_DATE_EPOCH=${EPOCH}`, '-o', 'rewrite-timestamp=true', context)
    assert.deepEqual([other.exitCode, other.stdout], [1, 'linux/amd64: differs\n  config config.Labels: none | {"a":"b"}\n'])
  })

  for (const { name, args, exitCode, message } of [
    { name: 'an output', args: ['--push', '.'], exitCode: 2, message: /--push is not supported yet/ },
    { name: 'a context that can be read once only', args: ['-'], exitCode: 2, message: /stdin can be read once only/ },
    { name: 'nothing to compare with', args: ['--against', './nowhere', '.'], exitCode: 1, message: /no OCI layout and no archive at \.\/nowhere/ },
  ]) {
    it(`refuses ${name}`, async () => {
      const result = await pelago.run(['reproduce', ...args], { cwd: await contextOf() })
      assert.match(result.stderr, message)
      assert.equal(result.exitCode, exitCode, result.stderr)
    })
  }
})

interface Built {
  readonly index: IndexJson
  readonly manifest: ManifestJson
  readonly config: ImageConfigJson
  readonly layout: string
}

describe('SOURCE_DATE_EPOCH', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let base: string
  let baseLayers: number
  before(async () => {
    ({ pelago, base } = workbench = await openWorkbench())
    baseLayers = (await build('FROM BASE\n')).manifest.layers.length
  })
  after(() => workbench[Symbol.asyncDispose]())

  let count = 0
  async function build(dockerfile: string, args: readonly string[] = [], env: RunOptions['env'] = {}, attributes = ''): Promise<Built> {
    return await buildAt(await pelago.context({ Dockerfile: dockerfile.replaceAll('BASE', base), file: 'content\n' }), args, env, attributes)
  }

  async function buildAt(path: string, args: readonly string[], env: RunOptions['env'] = {}, attributes = ''): Promise<Built> {
    count += 1
    const layout = join(pelago.folder, `layout-${count}`)
    await pelago.succeed(['build', ...args, '-o', `type=oci,dest=${layout},tar=false${attributes}`, path], { env })
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as IndexJson
    const manifest = JSON.parse(readBlob(layout, index.manifests[0]?.digest ?? '').toString()) as ManifestJson
    return { index, manifest, config: JSON.parse(readBlob(layout, manifest.config.digest).toString()) as ImageConfigJson, layout }
  }

  const TEXT = 'FROM BASE\nWORKDIR /new\nCOPY file /file\nRUN touch /touched\n'
  const ways: readonly { readonly name: string; readonly text: string; readonly args?: readonly string[]; readonly env?: RunOptions['env']; readonly attributes?: string }[] = [
    { name: 'of the environment', text: TEXT, env: { SOURCE_DATE_EPOCH: String(EPOCH) } },
    { name: 'of --build-arg, over that of the environment', text: TEXT, args: ['--build-arg', `SOURCE_DATE_EPOCH=${EPOCH}`], env: { SOURCE_DATE_EPOCH: '5' } },
    { name: 'of the Dockerfile', text: `ARG SOURCE_DATE_EPOCH=${EPOCH}\n${TEXT}` },
    { name: 'of the output', text: TEXT, attributes: `,source-date-epoch=${EPOCH}` },
    { name: 'of the output, over that of the build', text: TEXT, attributes: `,source-date-epoch=${EPOCH}`, env: { SOURCE_DATE_EPOCH: String(EPOCH + 1000) } },
  ]
  for (const { name, text, args, env, attributes } of ways) {
    it(`${name} is the time of image and history`, async () => {
      const { index, config } = await build(text, args, env, attributes)
      assert.equal(config.created, EPOCH_TEXT)
      assert.deepEqual(config.history.slice(-3).map(({ created }) => created), [EPOCH_TEXT, EPOCH_TEXT, EPOCH_TEXT])
      assert.equal(index.manifests[0]?.annotations?.['org.opencontainers.image.created'], EPOCH_TEXT)
    })
  }

  it('is no time at all where it is empty or that of a folder, whatever the Dockerfile says', async () => {
    for (const [text, value] of [[`ARG SOURCE_DATE_EPOCH=${EPOCH}\n${TEXT}`, ''], [TEXT, 'context']] as const) {
      const { index, config } = await build(text, [], { SOURCE_DATE_EPOCH: value })
      assert.equal(config.history.at(-1)?.created, undefined)
      assert.equal(index.manifests[0]?.annotations?.['org.opencontainers.image.created'], undefined)
    }
  })

  it('is that of the commit, or that of a URL, where the context is one, or a stage of the Dockerfile brings it', { skip: missingForBuilds('git') }, async () => {
    await using git = await startGitServer()
    await using files = await startFileServer()
    const dockerfile = `FROM ${base}\nCOPY file /file\nARG SOURCE_DATE_EPOCH\nRUN echo $SOURCE_DATE_EPOCH > /epoch\n`
    await git.commit('app', { Dockerfile: dockerfile, 'own.Dockerfile': `ARG SOURCE_DATE_EPOCH=context\n${dockerfile}`, file: 'content\n' })
    const stage = (source: string): Readonly<Record<string, string>> => ({ file: 'content\n', Dockerfile: `ARG SOURCE_DATE_EPOCH=src\nFROM scratch AS src\nADD ${source} /\n${dockerfile}` })
    files.files.set('/undated.tar', { content: await packDated(join(pelago.folder, 'undated'), { old: 1_500_000_000, newest: EPOCH, 'a/b': 1_000_000_000 }), headers: { 'last-modified': '' } })
    files.files.set('/alone', { content: `FROM ${base}\n`, headers: { 'last-modified': 'Wed, 01 Jan 2020 00:00:00 GMT' } })
    const context = { SOURCE_DATE_EPOCH: 'context' }
    const cases = [
      { path: `${git.url}/app.git`, args: [], env: context, want: '2024-02-03T04:05:06Z' },
      { path: `${git.url}/app.git`, args: ['-f', 'own.Dockerfile'], env: {}, want: '2024-02-03T04:05:06Z' },
      { path: `${git.url}/app.git`, args: ['-f', 'own.Dockerfile'], env: { SOURCE_DATE_EPOCH: String(EPOCH) }, want: EPOCH_TEXT },
      { path: `${files.url}/alone`, args: [], env: context, want: EPOCH_TEXT },
      { path: await pelago.context(stage(`${git.url}/app.git`)), args: [], env: {}, want: '2024-02-03T04:05:06Z' },
      { path: await pelago.context(stage(`${files.url}/alone`)), args: [], env: {}, want: EPOCH_TEXT },
      { path: await pelago.context(stage(`${files.url}/undated.tar`)), args: [], env: {}, want: EPOCH_TEXT },
    ]
    for (const { path, args, env, want } of cases) {
      const { config } = await buildAt(path, args, env)
      assert.deepEqual([config.created, config.history.at(-1)?.created], [want, want])
    }
    const { manifest, layout } = await buildAt(`${git.url}/app.git`, [], context)
    assert.match(await tool('tar', '--utc', '--full-time', '-tvf', join(layout, 'blobs', (manifest.layers[baseLayers]?.digest ?? '').replace(':', '/'))), /2024-02-03 04:05:06 file$/m)
  })

  it('is seen by steps that ask for it', async () => {
    await pelago.succeed(['build', '-o', 'seen', await pelago.context({ Dockerfile: `ARG SOURCE_DATE_EPOCH=${EPOCH}\nFROM ${base} AS made\nARG SOURCE_DATE_EPOCH\nRUN echo "<$SOURCE_DATE_EPOCH>" > /seen\nFROM scratch\nCOPY --from=made /seen /\n` })])
    assert.equal(readFileSync(join(pelago.folder, 'seen/seen'), 'utf8'), `<${EPOCH}>\n`)
  })

  /** Times of the layers above the base, by path. */
  async function layerTimes({ manifest, layout }: Built): Promise<ReadonlyMap<string, number>> {
    const times = new Map<string, number>()
    for (const { digest } of manifest.layers.slice(baseLayers)) {
      const listed = await tool('tar', '--utc', '--full-time', '-tvf', join(layout, 'blobs', digest.replace(':', '/')))
      for (const [, time = '', path = ''] of listed.matchAll(/^\S+ \S+ +\d+ (\S+ \S+) (.*)$/gm)) times.set(path, Date.parse(`${time.replace(' ', 'T')}Z`) / 1000)
    }
    return times
  }

  it('with rewrite-timestamp=true is the latest time in new layers, and leaves those of the base as they are', async () => {
    const env = { SOURCE_DATE_EPOCH: String(EPOCH) }
    const kept = await build(TEXT, [], env)
    const keptTimes = await layerTimes(kept)
    assert.equal(keptTimes.get('new/'), EPOCH)
    assert.ok((keptTimes.get('touched') ?? 0) > EPOCH)
    const rewritten = await build(TEXT, [], env, ',rewrite-timestamp=true')
    assert.deepEqual([...(await layerTimes(rewritten)).values()].map((time) => time <= EPOCH), [true, true, true])
    assert.deepEqual(rewritten.manifest.layers.slice(0, baseLayers), kept.manifest.layers.slice(0, baseLayers))
  })

  it('with rewrite-timestamp=true is in what the local store and Docker get', async () => {
    const context = await pelago.context({ Dockerfile: TEXT.replaceAll('BASE', base), file: 'content\n' })
    const env = { SOURCE_DATE_EPOCH: String(EPOCH) }
    const digests: string[] = []
    for (const output of ['type=store,rewrite-timestamp=true', 'type=docker,dest=docker.tar,rewrite-timestamp=true']) {
      await pelago.succeed(['build', '--no-cache', '-t', 'stored', '-o', `${output},oci-mediatypes=true`, '--metadata-file', 'meta.json', context], { env })
      digests.push((JSON.parse(readFileSync(join(pelago.folder, 'meta.json'), 'utf8')) as Readonly<Record<string, string>>)['containerimage.digest'] ?? '')
    }
    assert.match(digests[0] ?? '', /^sha256:/)
    assert.equal(digests[1], digests[0])
  })

  it('is the time of all files that leave as files', async () => {
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY file /sub/file\n', file: 'content\n' })
    const env = { SOURCE_DATE_EPOCH: String(EPOCH) }
    await pelago.succeed(['build', '-o', 'type=local,dest=files,rewrite-timestamp=true', '-o', 'type=tar,dest=files.tar,rewrite-timestamp=true', context], { env })
    assert.equal(lstatSync(join(pelago.folder, 'files/sub/file')).mtimeMs, EPOCH * 1000)
    assert.deepEqual(readdirSync(join(pelago.folder, 'files')), ['sub'])
    const listed = await tool('tar', '--utc', '--full-time', '-tvf', join(pelago.folder, 'files.tar'))
    assert.deepEqual(listed.trim().split('\n').map((line) => / (\d{4}\S+ \S+) /.exec(line)?.[1]), ['2020-01-01 00:00:00', '2020-01-01 00:00:00'])
  })

  it('is asked for where times are to be rewritten and there is none', async () => {
    const context = await pelago.context({ Dockerfile: `FROM ${base}\n` })
    const { stderr } = await pelago.succeed(['build', '--progress=plain', '-o', 'type=oci,dest=warned.tar,rewrite-timestamp=true', context])
    assert.match(stderr, /1 warning found[^\n]*\n - rewrite-timestamp=true has no effect without SOURCE_DATE_EPOCH/)
  })

  for (const { name, text, env, attributes, message } of [
    { name: 'a word in the environment', text: 'FROM BASE\n', env: { SOURCE_DATE_EPOCH: 'now' }, message: /^ERROR: invalid SOURCE_DATE_EPOCH: "now"\nhint: .*seconds since 1970/m },
    { name: 'a time before 1970', text: 'FROM BASE\n', env: { SOURCE_DATE_EPOCH: '-1' }, message: /^ERROR: invalid SOURCE_DATE_EPOCH: "-1"/m },
    { name: 'a fraction in the Dockerfile', text: 'ARG SOURCE_DATE_EPOCH=1.5\nFROM BASE\n', message: /^ERROR: invalid SOURCE_DATE_EPOCH: "1.5"\nDockerfile:1\n[^]*>>> ARG SOURCE_DATE_EPOCH=1.5/m },
    { name: 'the time of a stage', text: 'FROM BASE AS one\n', env: { SOURCE_DATE_EPOCH: 'one' }, message: /^ERROR: SOURCE_DATE_EPOCH=one: the stage has to be FROM scratch with one ADD of a URL or a git repository, and perhaps ARG\nDockerfile:1\n/m },
    { name: 'a time too late for an output', text: 'FROM BASE\n', attributes: ',source-date-epoch=253402300800', message: /^ERROR: invalid source-date-epoch: "253402300800"/m },
  ] as readonly { readonly name: string; readonly text: string; readonly env?: RunOptions['env']; readonly attributes?: string; readonly message: RegExp }[]) {
    it(`refuses ${name}`, async () => {
      const context = await pelago.context({ Dockerfile: text.replaceAll('BASE', base) })
      const { exitCode, stderr } = await pelago.run(['build', '--progress=plain', '-o', `type=oci,dest=refused.tar${attributes ?? ''}`, context], { env: env ?? {} })
      assert.notEqual(exitCode, 0)
      assert.match(stderr, message)
    })
  }
})
