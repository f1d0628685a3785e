import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { startFakeRegistry } from '../support/registry/fakeRegistry.ts'
import { openPelago, runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { createRegistryImages, type RegistryImages } from '../support/registry/registryImages.ts'
import { missing } from '../support/requires.ts'

/** Docker's command had no OCI images in lists before 23, and no versions of operating systems before 25. */
async function missingDocker(): Promise<string | false> {
  const absent = missing('docker-registry', 'docker', 'skopeo')
  if (absent !== false) return absent
  const { stdout } = await runCommand(['docker', 'manifest', 'annotate', '--help'], { env: { PATH: process.env['PATH'], HOME: '/nonexistent' } })
  return !stdout.includes('--os-version') && 'the docker command is older than 25'
}

/** `pelago manifest` beside `docker manifest`, each with lists of its own: the same commands, and what they say. */
describe('manifest lists', { skip: await missingDocker(), concurrency: false }, () => {
  let registry: DockerRegistry
  let other: DockerRegistry
  let pelago: Pelago
  let images: RegistryImages
  before(async () => {
    registry = await startDockerRegistry()
    other = await startDockerRegistry()
    pelago = await openPelago()
    images = createRegistryImages(registry.host)
    await images.putImage('app', 'amd', { style: 'oci', config: { os: 'linux', architecture: 'amd64' }, content: 'amd' })
    await images.putImage('app', 'arm', { style: 'oci', config: { os: 'linux', architecture: 'arm64', variant: 'v8' }, content: 'arm' })
    await images.putImage('team/docker', '7', { style: 'docker', config: { os: 'linux', architecture: 'arm', variant: 'v7' }, content: 'arm7' })
    await images.putImage('windows', '1', { style: 'docker', config: { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1', 'os.features': ['win32k'] }, content: 'win' })
    const amd = await images.readDocument('app', 'amd')
    await images.putDocument('app', 'index', { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: amd?.digest, size: amd?.text.length, platform: { architecture: 'amd64', os: 'linux', variant: 'v1' } }] })
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
  })

  const at = (text: string): string => `${registry.host}/${text}`
  const docker = async (command: string, ...args: readonly string[]): Promise<CommandResult> => {
    const insecure = ['create', 'inspect', 'push'].includes(command) ? ['--insecure'] : []
    return await runCommand(['docker', 'manifest', command, ...insecure, ...args], { env: { PATH: pelago.env['PATH'] ?? '', HOME: join(pelago.folder, 'docker-home') } })
  }
  const ours = (...args: readonly string[]): Promise<CommandResult> => pelago.run(['manifest', ...args])
  /** Runs both, which must both succeed. */
  const both = async (...args: readonly string[]): Promise<{ readonly mine: string; readonly theirs: string }> => {
    const [mine, theirs] = await Promise.all([ours(...args), docker(args[0] ?? '', ...args.slice(1))])
    assert.deepEqual([mine.exitCode, theirs.exitCode], [0, 0], `${args.join(' ')}\n${mine.stderr}${theirs.stderr}`)
    return { mine: mine.stdout, theirs: theirs.stdout }
  }
  const sameJson = async (...args: readonly string[]): Promise<void> => {
    const { mine, theirs } = await both(...args)
    assert.deepEqual(JSON.parse(mine), JSON.parse(theirs), args.join(' '))
  }

  it('are made, shown, annotated, amended and pushed as with docker', async () => {
    const created = await both('create', at('app:list'), at('app:arm'), at('app:amd'))
    assert.equal(created.mine, created.theirs)
    await sameJson('inspect', at('app:list'))
    await both('annotate', at('app:list'), at('app:arm'), '--variant', 'v9', '--os-version', '1.2', '--os-features', 'a,b')
    await both('create', '--amend', at('app:list'), at('windows:1'), at('app:arm'))
    for (const args of [[at('app:list')], ['-v', at('app:list')], [at('app:list'), at('app:arm')], ['--verbose', at('app:list'), at('app:arm')]]) await sameJson('inspect', ...args)
    const theirs = await docker('push', at('app:list'))
    const pushed = JSON.parse((await images.readDocument('app', 'list'))?.text ?? '') as unknown
    const mine = await ours('push', at('app:list'))
    const read = await images.readDocument('app', 'list')
    assert.deepEqual(JSON.parse(read?.text ?? ''), pushed)
    assert.deepEqual([mine.exitCode, mine.stdout.split('\n').at(-2)], [0, read?.digest], mine.stderr)
    assert.equal(mine.stdout.split('\n').length, theirs.stdout.split('\n').length, 'a line for what came from another repository')
  })

  it('are of Docker\'s type where all of their images are', async () => {
    await both('create', at('app:docker'), at('team/docker:7'), at('windows:1'))
    await sameJson('inspect', at('app:docker'))
    assert.equal((await ours('push', '--purge', at('app:docker'))).exitCode, 0)
    assert.equal((JSON.parse((await images.readDocument('app', 'docker'))?.text ?? '') as { readonly mediaType: string }).mediaType, 'application/vnd.docker.distribution.manifest.list.v2+json')
    const again = await ours('push', at('app:docker'))
    assert.deepEqual([again.exitCode, again.stdout], [1, ''])
    assert.match(again.stderr, /no such manifest list: [^]*pelago manifest create/)
  })

  it('show an image of a registry as docker does', async () => {
    for (const args of [['-v', at('app:index')], ['-v', at('app:arm')], [at('app:arm')], [at('app:index')]]) await sameJson('inspect', ...args)
  })

  it('take images from another registry, which docker does not', async () => {
    const target = `${other.host}/app:all`
    assert.equal((await ours('create', target, at('app:amd'), at('team/docker:7'))).exitCode, 0)
    const { exitCode, stdout, stderr } = await ours('push', target)
    const read = await createRegistryImages(other.host).readDocument('app', 'all')
    assert.deepEqual([exitCode, stdout.split('\n').at(-2)], [0, read?.digest], stderr)
    assert.equal((await runCommand(['skopeo', 'copy', '--all', '--src-tls-verify=false', `docker://${target}`, `oci:${pelago.folder}/all`])).exitCode, 0)
  })

  it('tell the digests that are there where a registry takes Docker\'s types alone', async () => {
    await using old = await startFakeRegistry()
    old.faults.manifests.refusedTypes = new Set(['application/vnd.oci.image.index.v1+json', 'application/vnd.oci.image.manifest.v1+json'])
    const target = `${old.host}/app:old`
    assert.equal((await ours('create', target, at('app:amd'), at('app:arm'))).exitCode, 0)
    const { exitCode, stdout, stderr } = await ours('push', target)
    const digests = stdout.match(/sha256:[0-9a-f]{64}$/gm) ?? []
    assert.deepEqual([exitCode, digests.length], [0, 3], stderr)
    for (const digest of digests) assert.ok(old.manifest('app', digest), digest)
    assert.match(stderr, /warning: [^]*refuses OCI's media types/)
  })

  it('lie in files that can be read', async () => {
    const folder = join(pelago.env['PELAGO_ROOT'] ?? '', 'manifests')
    const name = (await readdir(folder)).find((entry) => entry.includes('app_list'))
    assert.ok(name)
    const files = await readdir(join(folder, name))
    assert.equal(files.length, 3)
    const file = files.find((entry) => entry.includes('app_arm')) ?? ''
    const { reference, descriptor } = JSON.parse(await readFile(join(folder, name, file), 'utf8')) as { readonly reference: string; readonly descriptor: { readonly platform: unknown } }
    assert.deepEqual([reference, descriptor.platform], [at('app:arm'), { architecture: 'arm64', os: 'linux', 'os.version': '1.2', 'os.features': ['a', 'b'], variant: 'v9' }])
  })

  const refusals: readonly { readonly name: string; readonly args: () => readonly string[]; readonly code: number; readonly says: RegExp }[] = [
    { name: 'to make a list that is there', args: () => ['create', at('app:list'), at('app:amd')], code: 1, says: /there is a manifest list [^]*--amend/ },
    { name: 'a list in a list', args: () => ['create', at('app:nested'), at('app:index')], code: 1, says: /app:index is a manifest list itself/ },
    { name: 'an image that is not there', args: () => ['create', at('app:half'), at('app:amd'), at('app:missing')], code: 1, says: /app:missing: there is no such image/ },
    { name: 'to annotate what is not in the list, and says what is', args: () => ['annotate', at('app:list'), at('app:other'), '--arch', 'arm'], code: 1, says: /app:other is not in the manifest list [^]*it has [^\n]*app:amd, [^\n]*app:arm, [^\n]*windows:1/ },
    { name: 'an architecture that nobody knows', args: () => ['annotate', at('app:list'), at('app:arm'), '--arch', 'foo'], code: 2, says: /unknown architecture: "foo"/ },
    { name: 'to show what is in no list', args: () => ['inspect', at('app:nolist'), at('app:arm')], code: 1, says: /no such manifest list/ },
  ]
  for (const { name, args, code, says } of refusals) {
    it(`refuse ${name}`, async () => {
      const { exitCode, stdout, stderr } = await ours(...args())
      assert.deepEqual([exitCode, stdout], [code, ''], stderr)
      assert.match(stderr, says)
      assert.notEqual((await docker(args()[0] ?? '', ...args().slice(1))).exitCode, 0)
    })
  }

  it('are removed, those that are there in any case', async () => {
    const { exitCode, stderr } = await ours('rm', at('app:list'), at('app:half'))
    assert.equal(exitCode, 1)
    assert.match(stderr, /no such manifest list: \S+app:half\n/)
    assert.match((await ours('annotate', at('app:list'), at('app:arm'), '--arch', 'arm')).stderr, /no such manifest list: \S+app:list/)
  })
})
