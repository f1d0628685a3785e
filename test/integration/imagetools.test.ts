import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { buildxArgv, missingBuildx } from '../support/peers/buildx.ts'
import { REGISTRY_LOGIN, startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { startFakeRegistry, type FakeRegistry } from '../support/registry/fakeRegistry.ts'
import { openPelago, runCommand, type Pelago } from '../support/pelago.ts'
import { createRegistryImages, type DescriptorJson, type RegistryImages } from '../support/registry/registryImages.ts'
import { missing } from '../support/requires.ts'
import { startPelago } from '../support/startedCommand.ts'
import { untilFound } from '../support/engine/traces.ts'

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const EMPTY_CONFIG = { mediaType: 'application/vnd.oci.empty.v1+json', content: '{}' }

interface Index {
  readonly mediaType: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly manifests: readonly (DescriptorJson & { readonly platform?: { readonly architecture: string }; readonly annotations?: Readonly<Record<string, string>> })[]
}

/** Images of a few bytes in `app` at a registry. */
async function putImages(at: RegistryImages): Promise<Readonly<Record<'amd' | 'arm' | 'note' | 'index', DescriptorJson>>> {
  const amd = await at.putImage('app', 'amd', { style: 'oci', config: { os: 'linux', architecture: 'amd64' }, content: 'amd' })
  const arm = await at.putImage('app', 'arm', { style: 'oci', config: { os: 'linux', architecture: 'arm64', variant: 'v8' }, content: 'arm' })
  await at.putImage('app', 'docker-amd', { style: 'docker', config: { os: 'linux', architecture: 'amd64' }, content: 'amd' })
  await at.putImage('app', 'docker-arm', { style: 'docker', config: { os: 'linux', architecture: 'arm', variant: 'v7' }, content: 'arm7' })
  await at.putImage('windows', '1', { style: 'docker', config: { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1' }, content: 'win' })
  const note = await at.putImage('app', undefined, { style: 'oci', config: { os: 'unknown', architecture: 'unknown' }, content: 'note' })
  const index = await at.putDocument('app', 'index', {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [
      { ...amd, platform: { architecture: 'amd64', os: 'linux' }, annotations: { z: '1', a: '<2>' } },
      { ...arm, platform: { architecture: 'arm64', os: 'linux', variant: 'v8' }, artifactType: 'x/y', data: 'YQ==' },
      { ...note, platform: { architecture: 'unknown', os: 'unknown' }, annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': amd.digest } },
    ],
    annotations: { top: 'yes' },
  })
  return { amd, arm, note, index }
}

describe('imagetools create', { skip: missing('docker-registry', 'skopeo'), concurrency: false }, () => {
  let open: DockerRegistry
  let closed: DockerRegistry
  let pelago: Pelago
  let there: RegistryImages
  let away: RegistryImages
  let images: Awaited<ReturnType<typeof putImages>>
  before(async () => {
    open = await startDockerRegistry()
    closed = await startDockerRegistry({ asksForLogin: true })
    pelago = await openPelago()
    there = createRegistryImages(open.host)
    away = createRegistryImages(closed.host, REGISTRY_LOGIN)
    images = await putImages(there)
    await pelago.succeed(['login', '--username', REGISTRY_LOGIN.username, '--password-stdin', closed.host], { input: REGISTRY_LOGIN.password })
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await open[Symbol.asyncDispose]()
    await closed[Symbol.asyncDispose]()
  })

  const create = async (...args: readonly string[]): Promise<string> => (await pelago.succeed(['imagetools', 'create', ...args])).stdout
  const indexAt = async (at: RegistryImages, repository: string, name: string): Promise<Index> => JSON.parse((await at.readDocument(repository, name))?.text ?? 'null') as Index
  const inApp = (name: string): string => `${open.host}/app:${name}`
  const skopeo = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await runCommand(['skopeo', ...args])
    assert.equal(exitCode, 0, stderr)
    return stdout
  }

  describe('makes what docker buildx makes', { skip: missingBuildx, concurrency: 2 }, () => {
    const cases: readonly { readonly name: string; readonly args: () => readonly string[] }[] = [
      { name: 'of images of two platforms', args: () => [inApp('amd'), inApp('arm')] },
      { name: 'of a single image', args: () => [inApp('amd')] },
      { name: 'of a single image that is to stay one', args: () => ['--prefer-index=false', inApp('amd')] },
      { name: 'of Docker\'s images', args: () => [inApp('docker-amd'), inApp('docker-arm')] },
      { name: 'of Docker\'s and OCI\'s', args: () => [inApp('docker-amd'), inApp('arm')] },
      { name: 'of two images of one platform', args: () => [inApp('amd'), inApp('docker-amd')] },
      { name: 'of a single index', args: () => [inApp('index')] },
      { name: 'of an index and an image that is in it', args: () => [inApp('index'), inApp('arm'), inApp('docker-arm')] },
      { name: 'of one platform of an index', args: () => ['--platform', 'linux/amd64', inApp('index')] },
      { name: 'of some platforms of several sources', args: () => ['-p', 'linux/arm/v7', '-p', 'linux/arm64', inApp('index'), inApp('docker-arm')] },
      { name: 'with annotations', args: () => ['--annotation', 'index:k=v', '--annotation', 'manifest-descriptor:all=1', '--annotation', 'index,manifest-descriptor[linux/amd64]:x=y<&>', inApp('index')] },
      { name: 'of digests', args: () => [inApp('amd'), images.arm.digest] },
      { name: 'of a descriptor in a file', args: () => ['-t', inApp('new'), '-f', 'descriptor.json'] },
      { name: 'of a descriptor with a part of a platform, and a name', args: () => ['-f', 'part.json', inApp('arm')] },
      { name: 'of an image for Windows', args: () => [`${open.host}/windows:1`] },
      { name: 'of what a tag has already, and more', args: () => ['--append', '-t', inApp('index'), inApp('docker-arm')] },
    ]
    before(async () => {
      const platform = { os: 'linux', architecture: 'amd64', 'os.version': '10.1' }
      await writeFile(join(pelago.folder, 'descriptor.json'), JSON.stringify({ ...images.amd, platform, annotations: { q: 'r' } }))
      await writeFile(join(pelago.folder, 'part.json'), JSON.stringify({ digest: images.amd.digest, platform: { os: 'linux' } }))
    })
    for (const { name, args } of cases) {
      it(name, async () => {
        const env = { HOME: pelago.env['HOME'], PATH: pelago.env['PATH'] } as Record<string, string>
        const theirs = await runCommand(buildxArgv(['imagetools', 'create', '--dry-run', ...args()]), { env, cwd: pelago.folder })
        assert.equal(theirs.exitCode, 0, theirs.stderr)
        assert.equal(await create('--dry-run', ...args()), theirs.stdout) // byte for byte: so the digest is the same, too
      })
    }
  })

  it('copies an index to another registry byte for byte, with all that it names', async () => {
    const printed = await create('-t', `${closed.host}/team/copy:1`, '-t', `${closed.host}/team/copy:latest`, '-t', `${open.host}/copy:1`, '--metadata-file', 'metadata.json', inApp('index'))
    assert.match(printed, new RegExp(`pushed ${closed.host}/team/copy:1\n[^]*digest ${images.index.digest}\n`))
    for (const [at, repository, tag] of [[away, 'team/copy', '1'], [away, 'team/copy', 'latest'], [there, 'copy', '1']] as const) {
      assert.equal((await at.readDocument(repository, tag))?.digest, images.index.digest)
      for (const { digest } of [images.amd, images.arm, images.note]) assert.ok(await at.readDocument(repository, digest), `${repository} ${digest}`)
    }
    const login = ['--src-creds', `${REGISTRY_LOGIN.username}:${REGISTRY_LOGIN.password}`, '--src-tls-verify=false']
    await skopeo('copy', '--all', ...login, `docker://${closed.host}/team/copy:1`, `oci:${pelago.folder}/copy`)
    const metadata = (await runCommand(['cat', join(pelago.folder, 'metadata.json')])).stdout
    assert.deepEqual(JSON.parse(metadata), {
      'containerimage.descriptor': images.index,
      'image.name': `${closed.host}/team/copy:1,${closed.host}/team/copy:latest,${open.host}/copy:1`,
    })
  })

  it('makes one image of others in two registries, and tells of a platform that is there twice', async () => {
    await create('-t', `${closed.host}/arm:1`, '--prefer-index=false', inApp('arm'))
    await create('-t', `${closed.host}/both:1`, inApp('amd'), `${closed.host}/arm:1`)
    const { manifests } = await indexAt(away, 'both', '1')
    assert.deepEqual(manifests.map(({ digest }) => digest), [images.amd.digest, images.arm.digest])
    const { stderr } = await pelago.succeed(['imagetools', 'create', '--dry-run', inApp('amd'), inApp('docker-amd')])
    assert.match(stderr, /note: there are several images for linux\/amd64/)
  })

  it('adds to what a tag has', async () => {
    await create('-t', inApp('growing'), inApp('amd'))
    await create('--append', '-t', inApp('growing'), inApp('arm'))
    const { manifests } = await indexAt(there, 'app', 'growing')
    assert.deepEqual(manifests.map(({ platform }) => platform?.architecture), ['amd64', 'arm64'])
  })

  describe('is followed by edits of single platforms', { concurrency: false }, () => {
    const edit = async (...args: readonly string[]): Promise<string> => (await pelago.succeed(['imagetools', ...args])).stdout
    const entriesOf = async (name: string): Promise<readonly string[]> => (await indexAt(there, 'app', name)).manifests.map(({ digest }) => digest)

    it('adds a platform from another registry, tells what the image was and how to go back', async () => {
      await create('-t', `${closed.host}/seven:1`, '--prefer-index=false', inApp('docker-arm'))
      await create('-t', inApp('edited'), inApp('index'))
      const printed = await edit('add-platform', inApp('edited'), `${closed.host}/seven:1`)
      const now = await there.readDocument('app', 'edited')
      assert.match(printed, new RegExp(`was   ${images.index.digest}  linux/amd64, linux/arm64\n  is    ${now?.digest}  linux/amd64, linux/arm64, linux/arm/v7\n`))
      const { annotations, manifests, mediaType } = await indexAt(there, 'app', 'edited')
      assert.deepEqual([mediaType, annotations, manifests.length], [OCI_INDEX, { top: 'yes' }, 4])
      assert.equal((await runCommand(['skopeo', 'inspect', '--override-arch', 'arm', '--override-variant', 'v7', '--tls-verify=false', `docker://${inApp('edited')}`])).exitCode, 0)
      const [, undo = ''] = /undo  pelago (.*)/.exec(printed) ?? []
      await pelago.succeed(undo.split(' '))
      assert.equal((await there.readDocument('app', 'edited'))?.digest, images.index.digest)
    })

    it('replaces a platform, and its attestation goes with it', async () => {
      await create('-t', inApp('edited'), inApp('index'))
      const next = await there.putImage('app', 'next', { style: 'oci', config: { os: 'linux', architecture: 'amd64' }, content: 'next' })
      await edit('replace-platform', inApp('edited'), inApp('next'))
      assert.deepEqual(await entriesOf('edited'), [next.digest, images.arm.digest])
      assert.match(await edit('replace-platform', inApp('edited'), inApp('next')), /it was so already/)
    })

    it('takes a platform out, into another tag, and tells it to machines', async () => {
      const told = JSON.parse(await edit('rm-platform', '--format', 'json', '--tag', inApp('less'), inApp('index'), 'linux/amd64')) as { readonly was: unknown; readonly is: { readonly digest: string } }
      assert.deepEqual(told.was, { digest: images.index.digest, mediaType: OCI_INDEX, platforms: ['linux/amd64', 'linux/arm64'] })
      assert.equal((await there.readDocument('app', 'less'))?.digest, told.is.digest)
      assert.deepEqual(await entriesOf('less'), [images.arm.digest])
      assert.deepEqual(await entriesOf('index'), [images.amd.digest, images.arm.digest, images.note.digest])
    })

    it('makes an index of a lone image, and the way back is that image', async () => {
      await create('-t', inApp('lone'), '--prefer-index=false', inApp('amd'))
      const [, undo = ''] = /undo  pelago (.*)/.exec(await edit('add-platform', '--platform', 'linux/arm64', inApp('lone'), inApp('index'))) ?? []
      assert.deepEqual(await entriesOf('lone'), [images.amd.digest, images.arm.digest])
      await pelago.succeed(undo.split(' '))
      assert.equal((await there.readDocument('app', 'lone'))?.digest, images.amd.digest)
    })

    const refused: readonly { readonly name: string; readonly args: () => readonly string[]; readonly code: number; readonly says: RegExp }[] = [
      { name: 'to add what is there', args: () => ['add-platform', inApp('index'), inApp('docker-amd')], code: 1, says: /has an image for linux\/amd64 already[^]*replace-platform/ },
      { name: 'to remove what is not there', args: () => ['rm-platform', inApp('index'), 'linux/s390x'], code: 1, says: /no image for linux\/s390x[^]*it has linux\/amd64, linux\/arm64/ },
      { name: 'to leave nothing', args: () => ['rm-platform', inApp('index'), 'linux/amd64,linux/arm64'], code: 1, says: /no image would be left/ },
      { name: 'to change a digest', args: () => ['rm-platform', `${open.host}/app@${images.index.digest}`, 'linux/amd64'], code: 2, says: /is a digest[^]*--tag/ },
    ]
    for (const { name, args, code, says } of refused) {
      it(`refuses ${name}`, async () => {
        const { exitCode, stdout, stderr } = await pelago.run(['imagetools', ...args()])
        assert.deepEqual([exitCode, stdout], [code, ''], stderr)
        assert.match(stderr, says)
        assert.equal((await there.readDocument('app', 'index'))?.digest, images.index.digest)
      })
    }
  })

  const refusals: readonly { readonly name: string; readonly args: () => readonly string[]; readonly code: number; readonly says: RegExp }[] = [
    { name: 'a source that is not there', args: () => [inApp('missing')], code: 1, says: /app:missing: there is no such image/ },
    { name: 'platforms that no source has', args: () => ['-p', 'linux/s390x', inApp('index')], code: 1, says: /no image is for linux\/s390x[^]*there are linux\/amd64, linux\/arm64/ },
    { name: 'annotations of Docker\'s list', args: () => ['--annotation', 'k=v', inApp('docker-amd')], code: 2, says: /has no annotations/ },
    { name: 'a descriptor that is not so', args: () => ['-t', inApp('x'), '-f', 'wrong.json'], code: 2, says: /has \d+ bytes, not the 5/ },
    { name: 'no source', args: () => ['-t', inApp('x')], code: 2, says: /there are no sources/ },
  ]
  for (const { name, args, code, says } of refusals) {
    it(`refuses ${name}`, async () => {
      await writeFile(join(pelago.folder, 'wrong.json'), JSON.stringify({ digest: images.amd.digest, size: 5 }))
      const { exitCode, stdout, stderr } = await pelago.run(['imagetools', 'create', '--dry-run', ...args()])
      assert.deepEqual([exitCode, stdout], [code, ''], stderr)
      assert.match(stderr, says)
    })
  }

  describe('as a registry sees it', { concurrency: false }, () => {
    let fake: FakeRegistry
    let inFake: RegistryImages
    let signature: DescriptorJson
    before(async () => {
      fake = await startFakeRegistry()
      fake.faults.hasReferrersApi = true
      inFake = createRegistryImages(fake.host)
      const { amd } = await putImages(inFake)
      signature = await putArtifact(inFake, amd, 'signature')
      await putArtifact(inFake, signature, 'of the signature')
    })
    after(async () => await fake[Symbol.asyncDispose]())

    const putArtifact = async (at: RegistryImages, subject: DescriptorJson, content: string): Promise<DescriptorJson> => {
      const config = { ...(await at.putBlob('app', EMPTY_CONFIG.content)), mediaType: EMPTY_CONFIG.mediaType }
      return await at.putDocument('app', undefined, { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: 'test/signature', config, layers: [{ ...(await at.putBlob('app', content)), mediaType: 'test/layer' }], subject })
    }
    const during = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
      const from = fake.requests.length
      await work()
      return fake.requests.slice(from).map(({ method, path }) => `${method} ${path}`)
    }
    const writes = (requests: readonly string[]): readonly string[] => requests.filter((request) => !/^(?:GET|HEAD) /.test(request))

    it('changes nothing in a dry run', async () => {
      assert.deepEqual(writes(await during(() => create('--dry-run', '-t', `${fake.host}/new:1`, `${fake.host}/app:index`))), [])
    })

    it('mounts the blobs of the same host, each once, and puts the tag last', async () => {
      const sent = writes(await during(() => create('-t', `${fake.host}/new:1`, `${fake.host}/app:index`)))
      const mounts = sent.filter((request) => request.includes('mount='))
      assert.equal(new Set(mounts).size, mounts.length)
      assert.equal(mounts.length, 9, sent.join('\n')) // three configs and three layers of images; of two signatures an empty config and two layers
      assert.deepEqual(sent.filter((request) => /^(?:PUT|PATCH) .*blobs/.test(request)), [])
      assert.equal(sent.at(-1), 'PUT /v2/new/manifests/1')
    })

    it('sends nothing but the tag the second time', async () => {
      assert.deepEqual(writes(await during(() => create('-t', `${fake.host}/new:1`, `${fake.host}/app:index`))), ['PUT /v2/new/manifests/1'])
    })

    it('brings what refers to an image, and what refers to that, to a registry with the API and to one without', async () => {
      assert.deepEqual(await referrersOf(fake.host, 'new', images.amd), [signature.digest])
      await create('-t', `${open.host}/signed:1`, `${fake.host}/app:index`)
      const tag = await indexAt(there, 'signed', images.amd.digest.replace(':', '-'))
      assert.deepEqual(tag.manifests.map(({ digest }) => digest), [signature.digest])
      assert.equal((await indexAt(there, 'signed', signature.digest.replace(':', '-'))).manifests.length, 1)
      await create('-t', `${fake.host}/back:1`, `${open.host}/signed:1`)
      assert.deepEqual(await referrersOf(fake.host, 'back', images.amd), [signature.digest])
    })

    it('leaves no tag where it is interrupted', async () => {
      fake.faults.uploads.isHeld = true
      await using command = startPelago(pelago, ['imagetools', 'create', '-t', `${fake.host}/half:1`, inApp('index')])
      await untilFound(() => fake.requests.find(({ method, path }) => method === 'PUT' && path.includes('/half/blobs/')), 60_000)
      command.kill('SIGINT')
      assert.equal((await command.ended).status, 130)
      fake.faults.uploads.isHeld = false
      assert.equal(await inFake.readDocument('half', '1'), undefined)
    })
  })
})

async function referrersOf(host: string, repository: string, { digest }: DescriptorJson): Promise<readonly string[]> {
  const response = await fetch(`http://${host}/v2/${repository}/referrers/${digest}`)
  return ((await response.json()) as Index).manifests.map((entry) => entry.digest)
}
