import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { digestOf } from '../../src/ground/digest.ts'
import { MEDIA_TYPE } from '../../src/ground/oci/mediaType.ts'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { noFaults, type Faults } from '../support/registry/fake/faults.ts'
import { REGISTRY_LOGIN, startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { startFakeRegistry, type FakeRegistry } from '../support/registry/fakeRegistry.ts'
import { openPelago, runCommand, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

const PLATFORMS = 'linux/amd64,linux/arm64'

/** The real commands against registries that are old or strange; each case has a repository of its own, since what was learned of one is kept. */
describe('a registry without OCI types', { skip: missingForBuilds() }, () => {
  const once = new AsyncDisposableStack()
  let [pelago, context]: [Pelago?, string?] = []
  let server: FakeRegistry
  before(async () => {
    pelago = once.use(await openPelago())
    server = once.use(await startFakeRegistry())
    context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY greeting /\n', greeting: 'hello\n' })
    server.faults.manifests.refusedTypes = new Set([MEDIA_TYPE.ociIndex, MEDIA_TYPE.ociManifest])
  })
  after(() => once.disposeAsync())

  const run = async (...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> => {
    assert.ok(pelago !== undefined)
    return await pelago.succeed(args)
  }
  const kept = (name: string, tag: string): { readonly digest: string; readonly mediaType: string } => {
    const manifest = server.manifest(name, tag)
    assert.ok(manifest !== undefined)
    return { digest: digestOf(manifest.bytes), mediaType: manifest.mediaType }
  }

  it('gets a Docker list from a build, whose digest is what files and user are told', async () => {
    const [metadata, iid] = ['metadata.json', 'iid'].map((name) => join(pelago?.folder ?? '', name))
    const { stderr } = await run('build', '--platform', PLATFORMS, '-t', `${server.host}/built:1`, '--push', '--annotation', 'index:org.example=yes', '--metadata-file', metadata ?? '', '--iidfile', iid ?? '', context ?? '')
    const { digest, mediaType } = kept('built', '1')
    assert.equal(mediaType, MEDIA_TYPE.dockerIndex)
    const told = JSON.parse(readFileSync(metadata ?? '', 'utf8')) as Record<string, unknown>
    assert.equal(told['containerimage.digest'], digest)
    assert.deepEqual((told['containerimage.descriptor'] as { mediaType: string; digest: string }).digest, digest)
    assert.equal(readFileSync(iid ?? '', 'utf8'), digest)
    assert.match(stderr, new RegExp(`refuses OCI's media types .*Docker's, as ${digest} and not as sha256:[0-9a-f]{64}`))
    assert.match(stderr, /left out, since Docker's format has no place for it: org\.example/)
  })

  it('gets one from a push of what is in the local store', async () => {
    await run('build', '--platform', PLATFORMS, '-t', `${server.host}/pushed:1`, context ?? '')
    const { stdout, stderr } = await run('push', `${server.host}/pushed:1`)
    const { digest, mediaType } = kept('pushed', '1')
    assert.equal(mediaType, MEDIA_TYPE.dockerIndex)
    assert.match(stdout, new RegExp(`digest ${digest}`))
    assert.match(stderr, /refuses OCI's media types/)
  })

  it('is pulled from and inspected as any other', async () => {
    await run('build', '--platform', PLATFORMS, '-t', `${server.host}/read:1`, '--push', context ?? '')
    const { digest } = kept('read', '1')
    assert.match((await run('pull', '--platform', 'linux/arm64', `${server.host}/read:1`)).stdout, new RegExp(digest))
    assert.match((await run('imagetools', 'inspect', `${server.host}/read:1`)).stdout, /manifest\.list\.v2\+json[^]*linux\/arm64/)
    assert.match((await run('manifest', 'inspect', `${server.host}/read:1`)).stdout, /distribution\.manifest\.v2\+json/)
  })

  it('gives skopeo what it was given', { skip: missing('skopeo') }, async () => {
    await run('build', '--platform', PLATFORMS, '-t', `${server.host}/copied:1`, '--push', context ?? '')
    const { exitCode, stderr } = await runCommand(['skopeo', 'copy', '--all', '--src-tls-verify=false', `docker://${server.host}/copied:1`, `dir:${join(pelago?.folder ?? '', 'copied')}`])
    assert.equal(exitCode, 0, stderr)
    assert.equal(digestOf(readFileSync(join(pelago?.folder ?? '', 'copied/manifest.json'))), kept('copied', '1').digest)
  })

  it('and without lists gets none, and the build says so and what can be done', async () => {
    server.faults.manifests.refusedTypes = new Set([MEDIA_TYPE.ociIndex, MEDIA_TYPE.ociManifest, MEDIA_TYPE.dockerIndex])
    assert.ok(pelago !== undefined)
    const { exitCode, stderr } = await pelago.run(['build', '--platform', PLATFORMS, '-t', `${server.host}/single:1`, '--push', context ?? ''])
    assert.equal(exitCode, 1)
    assert.match(stderr, /cannot hold an image of several platforms/)
    assert.match(stderr, /pelago build --platform linux\/amd64 -t \S+\/single:1-amd64 --push/)
    await run('build', '--platform', 'linux/amd64', '-t', `${server.host}/single:1-amd64`, '--push', context ?? '')
    server.faults.manifests = noFaults().manifests
  })
})

/** Faults that come together in old registries, each by one answer to be told and got along with. */
const strange: readonly { readonly name: string; readonly address?: string; readonly faults: () => Partial<Faults> }[] = [
  {
    name: 'that knows no HEAD, no ranges, no PUT of bytes, tells neither lengths, types nor digests, and ends each connection',
    faults: () => ({
      headStatus: 404, hidesLength: true, closesConnections: true, toldDigest: 'nothing', refusesRange: true,
      manifests: { ...noFaults().manifests, contentType: '' }, uploads: { ...noFaults().uploads, wholePutStatus: 405, location: 'query', doneStatus: 204, mount: 405 },
    }),
  },
  {
    name: 'that takes blobs by one POST only, and whose tokens serve ten requests',
    faults: () => ({
      headStatus: 405, uploads: { ...noFaults().uploads, sessionStatus: 405 },
      login: { kind: 'token', username: 'me', password: 'pass', identityToken: '', usesPerToken: 10, challenges: ["Bearer realm='ORIGIN/token'"] },
    }),
  },
  { name: 'at an address of IPv6 that tells wrong digests', address: '::1', faults: () => ({ toldDigest: digestOf('a lie') }) },
  { name: 'that limits requests', faults: () => ({ failing: { count: 2, status: 403, retryAfter: '1', body: '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}' } }) },
]

describe('a registry', { skip: missingForBuilds() }, () => {
  for (const { name, address, faults } of strange) {
    it(`${name} is pushed to and pulled from`, async () => {
      await using stack = new AsyncDisposableStack()
      const server = stack.use(await startFakeRegistry(address))
      const [writer, reader] = [stack.use(await openPelago()), stack.use(await openPelago())]
      const context = await writer.context({ Dockerfile: 'FROM scratch\nCOPY greeting /\n', greeting: 'hello\n' })
      Object.assign(server.faults, faults())
      for (const pelago of server.faults.login.kind === 'none' ? [] : [writer, reader]) await pelago.succeed(['login', '-u', 'me', '--password-stdin', server.host], { input: 'pass' })
      const built = await writer.succeed(['build', '--platform', PLATFORMS, '-t', `${server.host}/team/app:Tag_1`, '--push', context])
      const digest = digestOf(server.manifest('team/app', 'Tag_1')?.bytes ?? '')
      assert.match(built.stdout, new RegExp(digest))
      assert.match(built.stderr, name.includes('limits') ? /limits requests: waiting 1 s/ : /exporting to image/)
      assert.match((await reader.succeed(['imagetools', 'inspect', `${server.host}/team/app:Tag_1`])).stdout, new RegExp(digest))
      await reader.succeed(['pull', `${server.host}/team/app:Tag_1`])
      await reader.succeed(['image', 'tag', `${server.host}/team/app:Tag_1`, `${server.host}/team/copy:2`])
      await reader.succeed(['push', `${server.host}/team/copy:2`])
      assert.equal(digestOf(server.manifest('team/copy', '2')?.bytes ?? ''), digest)
    })
  }
})

describe('a docker-registry', { skip: missingForBuilds() }, () => {
  const build = async (pelago: Pelago, name: string): Promise<readonly string[]> => ['build', '--platform', PLATFORMS, '-t', name, '--push', await pelago.context({ Dockerfile: 'FROM scratch\nCOPY greeting /\n', greeting: 'hello\n' })]

  it('with relative URLs, validation and a login is pushed to, and a cache of one pulled from', async () => {
    await using stack = new AsyncDisposableStack()
    const [writer, reader] = [stack.use(await openPelago()), stack.use(await openPelago())]
    const origin = stack.use(await startDockerRegistry({ asksForLogin: true, hasRelativeUrls: true, validates: true }))
    await writer.succeed(['login', '-u', REGISTRY_LOGIN.username, '--password-stdin', origin.host], { input: REGISTRY_LOGIN.password })
    const { stdout } = await writer.succeed(await build(writer, `${origin.host}/team/app:1`))
    const digest = /digest (sha256:[0-9a-f]{64})/.exec(stdout)?.[1] ?? 'no digest'
    const open = stack.use(await startDockerRegistry({ asksForLogin: false, hasRelativeUrls: true }))
    await writer.succeed(await build(writer, `${open.host}/team/app:1`))
    const cache = stack.use(await startDockerRegistry({ asksForLogin: false, proxied: `http://${open.host}` }))
    assert.match((await reader.succeed(['pull', `${cache.host}/team/app:1`])).stdout, new RegExp(digest))
  })

  it('that is read-only refuses a push with a clear word', async () => {
    await using server = await startDockerRegistry({ asksForLogin: false, isReadOnly: true })
    await using pelago = await openPelago()
    const { exitCode, stderr } = await pelago.run(await build(pelago, `${server.host}/team/app:1`))
    assert.equal(exitCode, 1)
    assert.match(stderr, /ERROR: .*the registry refused: .*\nhint: it may be read-only, .*: pelago doctor --write \S+\/team\/app\n/)
  })
})
