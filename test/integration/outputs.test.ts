import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { startDockerDaemon } from '../support/peers/dockerDaemon.ts'
import { type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { describeFile, listTree, readBlob, tool, unpackImage, type ImageConfigJson, type IndexJson, type ManifestJson } from '../support/images/unpackedImage.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const TWO = 'linux/amd64,linux/arm64'
const isRoot = process.getuid?.() === 0
const DOCKERFILE = `ARG BASE
FROM $BASE AS image
RUN uname -m > /machine
COPY file /file
CMD ["cat", "/machine", "/file"]
FROM scratch AS files
COPY --from=image /machine /machine
COPY file folder/
`

describe('outputs', { skip: missingForBuilds('skopeo', 'umoci', 'tar'), concurrency: false }, () => {
  let workbench: Workbench
  let registry: DockerRegistry
  let pelago: Pelago
  let base: string
  let context: string
  before(async () => {
    ({ registry, pelago, base } = workbench = await openWorkbench())
    context = await pelago.context({ Dockerfile: DOCKERFILE, file: 'content' })
  })
  after(() => workbench[Symbol.asyncDispose]())

  const build = (...args: readonly string[]): Promise<CommandResult> => pelago.succeed(['build', '--build-arg', `BASE=${base}`, '--target', 'image', ...args, context])
  const place = (name: string): string => join(pelago.folder, name)
  const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

  it('type=oci writes an archive that skopeo reads, platform by platform', { skip: !isRoot && 'umoci unpacks owners as root only' }, async () => {
    await build('--platform', TWO, '-o', `type=oci,dest=${place('a.tar')}`)
    const layout = place('archive')
    await tool('mkdir', layout)
    await tool('tar', '-xf', place('a.tar'), '-C', layout)
    assert.deepEqual(readJson(join(layout, 'oci-layout')), { imageLayoutVersion: '1.0.0' })
    const { root } = await unpackImage(pelago, `oci-archive:${place('a.tar')}`, 'linux/arm64')
    assert.equal(describeFile(join(root, 'machine')), 'file 644 0:0 "aarch64\\n"')
    assert.equal(describeFile(join(root, 'file')), 'file 644 0:0 "content"')
  })

  it('type=oci,tar=false writes the same as a folder', async () => {
    await build('--platform', TWO, '-o', `type=oci,tar=false,dest=${place('layout')}`)
    const index = readJson(join(place('layout'), 'index.json')) as IndexJson
    const inner = JSON.parse(readBlob(place('layout'), index.manifests[0]?.digest ?? '').toString()) as IndexJson
    assert.deepEqual(inner.manifests.map(({ platform }) => platform?.architecture), ['amd64', 'arm64'])
    for (const { digest } of inner.manifests) {
      const manifest = JSON.parse(readBlob(place('layout'), digest).toString()) as ManifestJson
      for (const blob of [manifest.config, ...manifest.layers]) assert.equal(readBlob(place('layout'), blob.digest).byteLength, blob.size)
    }
  })

  it('type=tar and type=local write files: flat for one platform, a folder a platform for several', async () => {
    const files = ['--target', 'files']
    await build(...files, '-o', `type=tar,dest=${place('one.tar')}`, '-o', `type=local,dest=${place('one')}`)
    await build(...files, '--platform', TWO, '-o', `type=tar,dest=${place('two.tar')}`, '-o', place('two'))
    assert.deepEqual((await tool('tar', '-tf', place('one.tar'))).trim().split('\n').sort(), ['folder/', 'folder/file', 'machine'])
    assert.deepEqual(readdirSync(place('one'), { recursive: true }).sort(), ['folder', 'folder/file', 'machine'])
    assert.deepEqual((await tool('tar', '-xOf', place('two.tar'), 'linux_arm64/machine', 'linux_amd64/machine')).split('\n').sort(), ['', 'aarch64', 'x86_64'])
    assert.deepEqual(readdirSync(place('two')).sort(), ['linux_amd64', 'linux_arm64'])
    assert.equal(readFileSync(join(place('two'), 'linux_arm64/machine'), 'utf8'), 'aarch64\n')
    assert.equal(readFileSync(join(place('two'), 'linux_amd64/folder/file'), 'utf8'), 'content')
  })

  it('-o - writes an archive to stdout, and nothing else', async () => {
    const { stdout } = await build('--target', 'files', '-o', '-')
    const listed = await runCommand(['tar', '-tf', '-'], { input: stdout })
    assert.deepEqual(listed.stdout.trim().split('\n').sort(), ['folder/', 'folder/file', 'machine'])
  })

  it('type=local adds to a folder, and leaves what is there', async () => {
    await tool('mkdir', '-p', place('kept'))
    await tool('sh', '-c', `echo mine > ${place('kept')}/own`)
    await build('--target', 'files', '-o', `type=local,dest=${place('kept')}`)
    assert.deepEqual(listTree(place('kept')).map((line) => line.split(' ')[0]), ['folder', 'folder/file', 'machine', 'own'])
  })

  it('several outputs at once are of one image', async () => {
    const metadata = place('several.json')
    await build('--platform', TWO, '-t', `${registry.host}/several:1`, '-o', 'type=registry', '-o', `type=oci,dest=${place('several.tar')}`, '-o', 'type=image', '-o', `type=local,dest=${place('several')}`, '--metadata-file', metadata)
    const { 'containerimage.digest': digest } = readJson(metadata) as { readonly 'containerimage.digest': string }
    const pushed = await tool('skopeo', 'inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${registry.host}/several:1`)
    const archived = JSON.parse(await tool('tar', '-xOf', place('several.tar'), 'index.json')) as IndexJson
    const stored = await pelago.succeed(['image', 'ls', '-q', '--no-trunc', `${registry.host}/several:1`])
    assert.deepEqual([pushed.trim(), archived.manifests[0]?.digest, stored.stdout.trim()], [digest, digest, digest])
    assert.ok(existsSync(join(place('several'), 'linux_arm64/machine')))
  })

  it('-q prints the digest alone; --iidfile and --metadata-file say what was built', async () => {
    const { stdout, stderr } = await build('-q', '-t', 'quiet:1', '--iidfile', place('iid'), '--metadata-file', place('quiet.json'))
    const metadata = readJson(place('quiet.json')) as Readonly<Record<string, unknown>>
    assert.deepEqual([stdout, stderr], [`${String(metadata['containerimage.digest'])}\n`, ''])
    assert.equal(readFileSync(place('iid'), 'utf8'), metadata['containerimage.config.digest'])
    assert.equal(metadata['image.name'], 'docker.io/library/quiet:1')
    assert.deepEqual((metadata['containerimage.descriptor'] as { readonly digest: string }).digest, metadata['containerimage.digest'])
  })

  for (const { compression, mediaType, unpack } of [
    { compression: 'gzip', mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', unpack: 'gzip -dc' },
    { compression: 'zstd', mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', unpack: 'zstd -dc' },
    { compression: 'uncompressed', mediaType: 'application/vnd.oci.image.layer.v1.tar', unpack: 'cat' },
  ]) {
    it(`compression=${compression},force-compression=true packs every layer so`, { skip: missingForBuilds('zstd', 'gzip') }, async () => {
      const layout = place(compression)
      await build('-o', `type=oci,tar=false,dest=${layout},compression=${compression},force-compression=true`)
      const index = readJson(join(layout, 'index.json')) as IndexJson
      const manifest = JSON.parse(readBlob(layout, index.manifests[0]?.digest ?? '').toString()) as ManifestJson
      const config = JSON.parse(readBlob(layout, manifest.config.digest).toString()) as ImageConfigJson
      assert.deepEqual(manifest.layers.map((layer) => layer.mediaType), Array<string>(3).fill(mediaType))
      const unpacked = manifest.layers.map(({ digest }) => `${unpack} ${join(layout, 'blobs', digest.replace(':', '/'))}`)
      const sums = await Promise.all(unpacked.map((command) => tool('sh', '-c', `${command} | sha256sum`)))
      assert.deepEqual(sums.map((sum) => `sha256:${sum.slice(0, 64)}`), config.rootfs.diff_ids)
      assert.equal(await tool('sh', '-c', `${unpacked[2] ?? ''} | tar -xO file`), 'content')
    })
  }

  it('is the same byte for byte from an empty store, where SOURCE_DATE_EPOCH is given', async () => {
    const digests = []
    for (const name of ['first', 'second']) {
      const env = { PELAGO_ROOT: join(pelago.folder, `store-${name}`) }
      const args = ['--platform', TWO, '--build-arg', 'SOURCE_DATE_EPOCH=1700000000', '-o', `type=oci,tar=false,rewrite-timestamp=true,dest=${place(name)}`]
      await pelago.succeed(['build', '--build-arg', `BASE=${base}`, '--target', 'image', ...args, context], { env })
      digests.push(readFileSync(join(place(name), 'index.json'), 'utf8'))
    }
    assert.equal(digests[0], digests[1])
    const index = JSON.parse(digests[0] ?? '') as IndexJson
    const inner = JSON.parse(readBlob(place('first'), index.manifests[0]?.digest ?? '').toString()) as IndexJson
    const manifest = JSON.parse(readBlob(place('first'), inner.manifests[0]?.digest ?? '').toString()) as ManifestJson
    const config = JSON.parse(readBlob(place('first'), manifest.config.digest).toString()) as ImageConfigJson
    assert.equal(config.created, '2023-11-14T22:13:20Z')
  })

  it('type=docker writes an archive that a real dockerd loads and runs', { skip: isRoot ? missingForBuilds('dockerd', 'docker') : 'dockerd runs as root only' }, async () => {
    await build('-t', 'loaded:1', '-o', `type=docker,dest=${place('docker.tar')}`)
    await using daemon = await startDockerDaemon()
    const docker = (...args: readonly string[]): Promise<string> => tool('docker', '-H', daemon.address, ...args)
    assert.match(await docker('load', '-i', place('docker.tar')), /Loaded image: loaded:1/)
    assert.equal(await docker('run', '--rm', '--network=none', 'loaded:1'), 'x86_64\ncontent')
  })

  it('--load loads the image into it', { skip: isRoot ? missingForBuilds('dockerd', 'docker') : 'dockerd runs as root only' }, async () => {
    await using daemon = await startDockerDaemon()
    await pelago.succeed(['build', '--build-arg', `BASE=${base}`, '--target', 'image', '-t', 'loaded:2', '--load', context], { env: { DOCKER_HOST: daemon.address } })
    assert.match(await tool('docker', '-H', daemon.address, 'image', 'inspect', '--format', '{{.Architecture}} {{json .Config.Cmd}}', 'loaded:2'), /^amd64 \["cat","\/machine","\/file"\]$/m)
  })

  it('type=docker takes this machine’s platform of several, and says so', async () => {
    const { stderr } = await build('--platform', 'linux/arm64,linux/amd64', '-t', 'several:2', '-o', `type=docker,dest=${place('several-docker.tar')}`)
    assert.match(stderr, /Docker's archive holds one platform: it gets linux\/amd64/)
    const [image] = JSON.parse(await tool('tar', '-xOf', place('several-docker.tar'), 'manifest.json')) as readonly { readonly Config: string; readonly RepoTags: readonly string[] }[]
    const config = JSON.parse(await tool('tar', '-xOf', place('several-docker.tar'), image?.Config ?? '')) as ImageConfigJson
    assert.deepEqual([config.architecture, image?.RepoTags], ['amd64', ['several:2']])
  })
})
