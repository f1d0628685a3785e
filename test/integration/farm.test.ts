import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingPeer, startBuildkitPeer } from '../parity/buildkitPeer.ts'
import { startEngine, type EngineSocket } from '../support/engine/engineSocket.ts'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { openPelago, type CommandResult, type Pelago } from '../support/pelago.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { startPelago } from '../support/startedCommand.ts'

interface EntryJson {
  readonly digest: string
  readonly platform: { readonly os: string; readonly architecture: string }
  readonly annotations?: Readonly<Record<string, string>>
}

interface DocumentJson {
  readonly manifests: readonly EntryJson[]
  readonly annotations?: Readonly<Record<string, string>>
}

const ACCEPT = { headers: { accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json' } }
const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/s390x']

/** Three engines, each given one platform; each could build all of them. */
describe('a builder of several nodes', { skip: missingForBuilds(), concurrency: false }, () => {
  let registry: DockerRegistry
  let pelago: Pelago
  let engines: readonly [EngineSocket, EngineSocket, EngineSocket]
  let base: string
  before(async () => {
    pelago = await openPelago()
    ;[registry, engines] = await Promise.all([startDockerRegistry(), Promise.all([startEngine(), startEngine(), startEngine()])])
    base = await pushBaseImage(registry.host)
    await writeBuilder('farm', PLATFORMS.map((platform, index) => ({ name: `n${index}`, endpoint: engines[index]?.address ?? '', platforms: [platform] })))
  })
  after(async () => {
    await Promise.all(engines.map((engine) => engine[Symbol.asyncDispose]()))
    await pelago[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  async function writeBuilder(name: string, nodes: readonly { readonly name: string; readonly endpoint: string; readonly platforms: readonly string[] }[]): Promise<void> {
    const folder = join(pelago.env['HOME'] ?? '', '.config/pelago/builders')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `${name}.json`), JSON.stringify({ name, driver: 'remote', nodes: nodes.map((node) => ({ ...node, options: {} })) }))
  }

  const ALL = ['--platform', PLATFORMS.join(',')]
  const onFarm = (...args: readonly string[]): Promise<CommandResult> => pelago.succeed(['build', '--builder', 'farm', ...ALL, ...args])
  const app = (tag: string): string => `${registry.host}/app:${tag}`
  const inFolder = (name: string): string => join(pelago.folder, name)
  const fetchDocument = async (reference: string): Promise<DocumentJson> => (await (await fetch(`http://${registry.host}/v2/app/manifests/${reference}`, ACCEPT)).json()) as DocumentJson
  const digestAt = async (tag: string, repository = 'app'): Promise<string> => (await fetch(`http://${registry.host}/v2/${repository}/manifests/${tag}`, ACCEPT)).headers.get('docker-content-digest') ?? ''
  const tags = async (): Promise<readonly string[]> => ((await (await fetch(`http://${registry.host}/v2/app/tags/list`)).json()) as { readonly tags: readonly string[] | null }).tags ?? []
  const namesIn = (archive: string): string => execFileSync('tar', ['-tf', inFolder(archive)], { encoding: 'utf8' })
  const digestIn = ({ stdout }: CommandResult): string => /^ {2}digest (sha256:[0-9a-f]{64})$/m.exec(stdout)?.[1] ?? assert.fail(stdout)

  it('makes of what each node has built the image that one engine would have made', async () => {
    const context = await pelago.context({ Dockerfile: `FROM ${base}\nCOPY file /\n`, file: 'x' })
    const annotations = ['index:of=index', 'manifest[linux/arm64]:of=arm64', 'manifest-descriptor:of=entry'].flatMap((text) => ['--annotation', text])
    const flags = [...annotations, '-t', app('a'), '-t', app('b'), '-t', `${registry.host}/other/app:1`, '--push', '--metadata-file', inFolder('meta.json'), '--iidfile', inFolder('iid'), context]
    const farmed = await onFarm(...flags)
    assert.match(farmed.stderr, /^#\d+ \[n0 linux\/amd64 2\/2\] COPY file \//m)
    assert.match(farmed.stderr, /^#\d+ \[n2 linux\/s390x internal\] load metadata/m)
    const digest = digestIn(farmed)
    assert.equal(readFileSync(inFolder('iid'), 'utf8'), digest)
    const metadata = JSON.parse(readFileSync(inFolder('meta.json'), 'utf8')) as { readonly 'containerimage.descriptor': { readonly digest: string }; readonly 'image.name': string }
    assert.deepEqual([metadata['containerimage.descriptor'].digest, metadata['image.name']], [digest, [app('a'), app('b'), `${registry.host}/other/app:1`].join(',')])
    const index = await fetchDocument('b')
    assert.deepEqual(index.manifests.map(({ platform, annotations: of }) => [platform.architecture, of]), [['amd64', { of: 'entry' }], ['arm64', { of: 'entry' }], ['s390x', { of: 'entry' }]])
    assert.deepEqual([index.annotations, (await fetchDocument(index.manifests[1]?.digest ?? '')).annotations], [{ of: 'index' }, { of: 'arm64' }])
    assert.equal(digestIn(await pelago.succeed(['build', ...ALL, ...flags])), digest)
  })

  it('keeps the attestations of all platforms, each with its image', async () => {
    const context = await pelago.context({ Dockerfile: `FROM ${base}\nCOPY file /\n`, file: 'y' })
    await onFarm('-t', app('attested'), '--push', '--provenance', 'mode=max', context)
    const { manifests } = await fetchDocument('attested')
    assert.deepEqual(manifests.map(({ platform }) => platform.architecture), ['amd64', 'arm64', 's390x', 'unknown', 'unknown', 'unknown'])
    assert.deepEqual(manifests.slice(3).map(({ annotations }) => annotations?.['vnd.docker.reference.digest']), manifests.slice(0, 3).map(({ digest }) => digest))
  })

  it('pushes several images at once, each as one engine would have made it', async () => {
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY file /\n', file: 'several' })
    const outputs = [`name=${app('plain')},push=true`, `name=${app('squeezed')},push=true,compression=zstd,force-compression=true`, `name=${registry.host}/other/app:plain,push=true`].flatMap((output) => ['-o', `type=image,${output}`])
    const farmed = await onFarm(...outputs, '-o', 'type=local,dest=several', context)
    const pushed = [await digestAt('plain'), await digestAt('squeezed'), await digestAt('plain', 'other/app')]
    assert.deepEqual([pushed[2], digestIn(farmed)], [pushed[0], pushed[1]])
    await pelago.succeed(['build', ...ALL, ...outputs, context])
    assert.deepEqual([await digestAt('plain'), await digestAt('squeezed'), pushed[0] === pushed[1]], [...pushed.slice(0, 2), false])
    assert.equal(readFileSync(join(inFolder('several'), 'linux_arm64/file'), 'utf8'), 'several')
  })

  it('tells the digest of an image without a name, which stays where it was built', async () => {
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY file /\n', file: 'nameless' })
    const [farmed, alone] = [await onFarm('-q', context), await pelago.succeed(['build', '-q', ...ALL, context])]
    assert.equal(farmed.stdout, alone.stdout)
    assert.equal((await pelago.succeed(['images', '--format', '{{.Digest}}'])).stdout.includes(farmed.stdout.trim()), false)
  })

  it('writes archives and folders as one engine would, several at once', async () => {
    const context = await pelago.context({ Dockerfile: `FROM scratch\nCOPY file /\n`, file: 'z' })
    const outputs = (of: string): readonly string[] => [`type=oci,dest=${of}.oci`, `type=tar,dest=${of}.tar`, `type=local,dest=${of}`, `type=oci,tar=false,dest=${of}-layout`].flatMap((output) => ['-o', output])
    const farmed = await onFarm(...outputs('farmed'), '-t', 'app:1', context)
    const alone = await pelago.succeed(['build', ...ALL, ...outputs('alone'), '-t', 'app:1', context])
    assert.equal(digestIn(farmed), digestIn(alone))
    for (const file of ['.oci', '-layout/index.json']) assert.deepEqual(readFileSync(inFolder(`farmed${file}`)), readFileSync(inFolder(`alone${file}`)), file)
    assert.deepEqual(namesIn('farmed.tar'), namesIn('alone.tar'))
    assert.deepEqual(readdirSync(inFolder('farmed'), { recursive: true }).toSorted(), ['linux_amd64', 'linux_amd64/file', 'linux_arm64', 'linux_arm64/file', 'linux_s390x', 'linux_s390x/file'])
    const refused = await pelago.run(['build', '--builder', 'farm', ...ALL, '-o', 'type=tar,platform-split=false,dest=x.tar', context])
    assert.deepEqual([refused.exitCode, refused.stderr.includes('without platform-split')], [2, true])
  })

  it('stores what is not sent elsewhere on this machine, and reads a context from standard input for all nodes', async () => {
    await pelago.succeed(['build', '--builder', 'farm', ...ALL, '-t', 'stored:1', '-'], { input: `FROM ${base}\nRUN uname -m > /machine\n` })
    const env = { PELAGO_BUILDER: 'farm' }
    assert.equal((await pelago.succeed(['run', '--platform', 'linux/s390x', 'stored:1', 'cat', '/machine'], { env })).stdout, 's390x\n')
    const own = await pelago.succeed(['build', '-q', '-t', 'stored:2', await pelago.context({ Dockerfile: `FROM ${base}\n` })], { env })
    assert.match(own.stdout, /^sha256:[0-9a-f]{64}\n$/)
    assert.match((await pelago.succeed(['images', '--format', '{{.Reference}}'], { env })).stdout, /stored:2/)
  })

  it('gives each node caches of its own, and looks into those of all', async () => {
    const context = await pelago.context({ Dockerfile: `FROM ${base}\nRUN echo cached > /file\n` })
    const cache = ['--cache-to', `type=registry,ref=${app('cache')},mode=max`, '--cache-from', app('cache')]
    await onFarm(...cache, '-o', 'type=cacheonly', context)
    assert.deepEqual((await tags()).filter((tag) => tag.startsWith('cache')).toSorted(), ['cache-linux-amd64', 'cache-linux-arm64', 'cache-linux-s390x'])
  })

  it('goes on with other platforms where one fails, tags nothing, and says what became of each', async () => {
    const context = await pelago.context({ Dockerfile: `FROM ${base}\nRUN test "$(uname -m)" != aarch64\n` })
    const failed = await pelago.run(['build', '--builder', 'farm', ...ALL, '--keep-going', '-t', app('going'), '--push', context])
    assert.equal(failed.exitCode, 1)
    assert.match(failed.stderr, /1 of 3 platforms failed:\n {2}linux\/arm64: process .* did not complete successfully: exit code: 1/)
    assert.match(failed.stderr, /hint: linux\/amd64, linux\/s390x are built, and in the cache; nothing was tagged/)
    const [, step = ''] = /^hint: look into the step as it failed: pelago --builder farm debug --node n1 ([0-9a-f]+)$/m.exec(failed.stderr) ?? []
    const debug = (...args: readonly string[]): Promise<CommandResult> => pelago.run(['--builder', 'farm', 'debug', ...args])
    assert.match((await debug('--list')).stdout, new RegExp(`^STEP +FAILED +NODE +PLATFORM .*\\n${step} .* n1 +linux/arm64 `))
    const entered = [await debug('--node', 'n1', step, '--', 'uname', '-m'), await debug(step, '--', 'uname', '-m')]
    assert.deepEqual(entered.map(({ stdout }) => stdout), ['aarch64\n', 'aarch64\n'], entered[0]?.stderr)
    assert.equal((await tags()).includes('going'), false)
    const alone = await pelago.run(['build', ...ALL, '--keep-going', '-t', 'going:1', context])
    assert.match(alone.stderr, /1 of 3 platforms failed/)
  })

  it('tells what there is where no node is for a platform, and leaves out a node that does not answer', async () => {
    await writeBuilder('half', [{ name: 'gone', endpoint: 'unix:///nonexistent/socket', platforms: ['linux/arm64'] }, { name: 'here', endpoint: engines[0].address, platforms: [] }])
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const built = await pelago.succeed(['build', '--builder', 'half', '--platform', 'linux/arm64', '-o', 'out', context])
    assert.match(built.stderr, /node gone is left out: no engine answers at unix:\/\/\/nonexistent\/socket/)
    assert.match(built.stderr, /linux\/arm64 is emulated on here by qemu-aarch64: no node runs it natively/)
    const refused = await pelago.run(['build', '--builder', 'half', '--platform', 'linux/wasm', context])
    assert.equal(refused.exitCode, 125)
    assert.match(refused.stderr, /no node builds for linux\/wasm:\n {2}here: linux\/\w+ \(native\), .*\n {2}gone: no engine answers/)
  })

  it('says of each platform which node has it, and has each node plan what it would be given', async () => {
    const farm = (...args: readonly string[]): Promise<CommandResult> => pelago.run(['--builder', 'farm', ...args])
    assert.match((await farm('platforms')).stdout, /^PLATFORM +RUNS +BY +NODE\n[^]*^linux\/s390x +emulated +qemu-s390x +n2$/m)
    const context = await pelago.context({ Dockerfile: `FROM ${base}\nRUN echo planned\n` })
    const planned = await farm('plan', '--platform', 'linux/s390x,linux/arm64', context)
    assert.match(planned.stdout, /^Node n2 \(linux\/s390x\):\n[^]*\n\nNode n1 \(linux\/arm64\):\n/)
    const { nodes } = JSON.parse((await farm('plan', '--format', 'json', '--platform', 'linux/s390x,linux/arm64', context)).stdout) as { readonly nodes: readonly { readonly node: string; readonly plan: { readonly platforms: readonly string[] } }[] }
    assert.deepEqual(nodes.map(({ node, plan }) => [node, plan.platforms]), [['n2', ['linux/s390x']], ['n1', ['linux/arm64']]])
    assert.match((await farm('platforms', 'explain', 'linux/s390x')).stderr, /^note: builder farm has 3 nodes: this is done on n2 /)
  })

  it('is examined node by node', async () => {
    await writeBuilder('sick', [{ name: 'gone', endpoint: 'unix:///nonexistent/socket', platforms: [] }, { name: 'here', endpoint: engines[0].address, platforms: ['linux/wasm'] }])
    const { exitCode, stdout } = await pelago.run(['--builder', 'sick', 'doctor'])
    assert.equal(exitCode, 1)
    assert.match(stdout, /^✖ gone: engine +no engine answers at unix:\/\/\/nonexistent\/socket\n +→ .*\n✖ here: linux\/wasm +given to it, and not run there\n/)
    assert.match(stdout, /^✔ here: load +\d builds? running, \d+ CPUs?$[^]*\n\nbuilder sick can build: 1 of 2 nodes answer\n$/m)
    assert.equal((await pelago.succeed(['--builder', 'farm', 'doctor', '--format', '{{if eq .check "engine"}}{{.node}}={{.state}}{{end}}'])).stdout.replaceAll(/\n+/g, ' '), 'n0=ok n1=ok n2=ok ')
  })

  it('builds linked targets, each platform of all on one node', async () => {
    const context = await pelago.context({
      'base.Dockerfile': `FROM ${base}\nRUN uname -m > /machine\n`,
      'app.Dockerfile': 'FROM base\nRUN cp /machine /copied\n',
      'docker-bake.json': JSON.stringify({
        group: { default: { targets: ['app', 'tool'] } },
        target: {
          base: { platforms: ['linux/amd64', 'linux/s390x'], dockerfile: 'base.Dockerfile' },
          app: { platforms: ['linux/amd64', 'linux/s390x'], dockerfile: 'app.Dockerfile', contexts: { base: 'target:base' }, tags: [app('baked')], output: ['type=registry'] },
          tool: { dockerfile: 'base.Dockerfile', platforms: ['linux/arm64'], output: ['type=local,dest=tool'] },
        },
      }),
    })
    const { stderr } = await pelago.succeed(['bake', '--builder', 'farm', '--allow', 'fs=*'], { cwd: context })
    assert.match(stderr, /^#\d+ \[app n2 linux\/s390x 1\/1\] RUN cp \/machine \/copied$/m)
    assert.equal((await pelago.succeed(['run', '--platform', 'linux/s390x', app('baked'), 'cat', '/copied'])).stdout, 's390x\n')
    assert.equal(readFileSync(join(context, 'tool/machine'), 'utf8'), 'aarch64\n')
  })

  it('has real BuildKits for nodes, and refuses what these cannot before anything starts', { skip: missingPeer }, async () => {
    await using peer = await startBuildkitPeer()
    await writeBuilder('mixed', [{ name: 'kit', endpoint: peer.address, platforms: ['linux/amd64'] }, { name: 'own', endpoint: engines[1].address, platforms: ['linux/arm64'] }])
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY file /\n', file: 'mixed' })
    const mixed = ['build', '--builder', 'mixed', '--platform', 'linux/arm64,linux/amd64', '--provenance', 'true', '--annotation', 'index:of=index']
    await pelago.succeed([...mixed, '-t', app('mixed'), '--push', '-o', 'type=oci,dest=mixed.tar', '-o', 'mixed', context])
    const index = await fetchDocument('mixed')
    assert.deepEqual([index.manifests.map(({ platform }) => platform.architecture), index.annotations], [['arm64', 'amd64', 'unknown', 'unknown'], { of: 'index' }])
    assert.deepEqual(['linux_amd64', 'linux_arm64'].map((folder) => readFileSync(join(inFolder('mixed'), folder, 'file'), 'utf8')), ['mixed', 'mixed'])
    assert.match(execFileSync('tar', ['-xOf', inFolder('mixed.tar'), 'index.json'], { encoding: 'utf8' }), /application\/vnd\.oci\.image\.index/)
    assert.match((await pelago.succeed([...mixed, '-q', context])).stdout, /^sha256:[0-9a-f]{64}\n$/)
    const project = await pelago.context({
      'one/Dockerfile': 'FROM scratch\nCOPY file /\nCOPY --from=shared file /shared\n',
      'one/file': 'one',
      'two/Dockerfile': 'FROM scratch\nCOPY --from=one / /\nCOPY file /two\n',
      'two/file': 'two',
      'shared/file': 'shared',
      'docker-bake.json': JSON.stringify({
        group: { default: { targets: ['one', 'two'] } },
        target: {
          one: { context: 'one', contexts: { shared: 'shared' }, output: ['type=local,dest=out-one'], platforms: ['linux/arm64', 'linux/amd64'] },
          two: { context: 'two', contexts: { one: 'target:one' }, output: ['type=local,dest=out-two'], platforms: ['linux/arm64', 'linux/amd64'] },
        },
      }),
    })
    for (const builder of ['mixed', peer.address]) {
      await pelago.succeed(['bake', '--builder', builder, '--allow', 'fs=*'], { cwd: project })
      const inFolders = ['linux_amd64', 'linux_arm64'].map((platform) => ['one/file', 'one/shared', 'two/file', 'two/shared', 'two/two'].map((path) => readFileSync(join(project, `out-${path.replace('/', `/${platform}/`)}`), 'utf8')))
      assert.deepEqual(inFolders, Array.from({ length: 2 }, () => ['one', 'shared', 'one', 'shared', 'two']), builder)
    }
    const refused = await pelago.run([...mixed, '--audit', 'error', context])
    assert.deepEqual([refused.exitCode, refused.stderr.includes('--audit needs Pelago\'s own engine, and node kit is a BuildKit')], [2, true], refused.stderr)
  })

  it('gives what a node had to do to another where the node dies', async () => {
    await using victim = await startEngine()
    await writeBuilder('mortal', [{ name: 'mortal', endpoint: victim.address, platforms: ['linux/arm64'] }, { name: 'other', endpoint: engines[0].address, platforms: ['linux/amd64'] }])
    const context = await pelago.context({ Dockerfile: `FROM ${base}\nRUN --mount=type=secret,id=gate test "$(uname -m)" != aarch64 || grep -q open /run/secrets/gate || { echo is waiting; sleep 60; }\n` })
    await writeFile(inFolder('gate'), 'shut')
    await using command = startPelago(pelago, ['build', '--builder', 'mortal', '--platform', 'linux/amd64,linux/arm64', '--secret', `id=gate,src=${inFolder('gate')}`, '-t', app('mortal'), '--push', context])
    await command.printed(/\d is waiting$/m)
    await writeFile(inFolder('gate'), 'open')
    victim.kill()
    const { status, output } = await command.ended
    assert.match(output, /node mortal is lost: linux\/arm64 goes to other/)
    assert.equal(status, 0, output)
    assert.deepEqual((await fetchDocument('mortal')).manifests.map(({ platform }) => platform.architecture), ['amd64', 'arm64'])
  })
})
