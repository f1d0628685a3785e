import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { BASE_PLATFORMS, missingForBuilds } from '../support/images/baseImage.ts'
import { REGISTRY_LOGIN, startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { type Pelago } from '../support/pelago.ts'
import { tool, type IndexJson } from '../support/images/unpackedImage.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

describe('images', { skip: missingForBuilds('skopeo', 'tar'), concurrency: false }, () => {
  let workbench: Workbench
  let registry: DockerRegistry
  let pelago: Pelago
  let base: string
  let context: string
  let reference: string
  let digest: string
  before(async () => {
    ({ registry, pelago, base } = workbench = await openWorkbench())
    context = await pelago.context({ Dockerfile: `FROM ${base}\nCOPY file /file\nLABEL word=value\n`, file: 'content' })
    reference = `${registry.host}/app:1`
    digest = (await pelago.succeed(['build', '-q', '--platform', BASE_PLATFORMS.join(','), '-t', reference, '--push', context])).stdout.trim()
  })
  after(() => workbench[Symbol.asyncDispose]())

  const output = async (...args: readonly string[]): Promise<string> => (await pelago.succeed(args)).stdout
  const inspectRaw = (name: string): Promise<string> => tool('skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`)

  it('manifest inspect and imagetools inspect --raw show the index as it is in the registry', async () => {
    const raw = await inspectRaw(reference)
    assert.equal(await output('imagetools', 'inspect', '--raw', reference), raw)
    assert.deepEqual(JSON.parse(await output('manifest', 'inspect', reference)), JSON.parse(raw))
    assert.equal(await output('buildx', 'imagetools', 'inspect', '--raw', `${registry.host}/app@${digest}`), raw)
  })

  it('manifest inspect --verbose adds the manifest of each platform', async () => {
    const described = JSON.parse(await output('manifest', 'inspect', '--verbose', reference)) as readonly { readonly Ref: string; readonly Descriptor: { readonly platform: { readonly architecture: string } } }[]
    assert.deepEqual(described.map(({ Descriptor }) => Descriptor.platform.architecture), ['amd64', 'arm64', 'arm', 's390x', '386'])
    assert.ok(described.every(({ Ref }) => Ref.startsWith(`${registry.host}/app`)))
  })

  it('imagetools inspect lists every platform, and answers templates', async () => {
    const shown = await output('imagetools', 'inspect', reference)
    for (const expected of [reference, digest, ...BASE_PLATFORMS]) assert.ok(shown.includes(expected), `${expected} in:\n${shown}`)
    assert.equal(await output('imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', reference), `${digest}\n`)
    const manifest = JSON.parse(await output('imagetools', 'inspect', '--format', '{{json .Manifest}}', reference)) as { readonly digest: string; readonly manifests: readonly unknown[] }
    assert.deepEqual([manifest.digest, manifest.manifests.length], [digest, BASE_PLATFORMS.length])
    const images = JSON.parse(await output('imagetools', 'inspect', '--format', '{{json .Image}}', reference)) as Readonly<Record<string, { readonly architecture: string; readonly config: { readonly Labels: Readonly<Record<string, string>> } }>>
    assert.deepEqual([images['linux/s390x']?.architecture, images['linux/arm/v7']?.config.Labels], ['s390x', { word: 'value' }])
  })

  it('pull brings one platform, or all', async () => {
    const one = { PELAGO_ROOT: join(pelago.folder, 'one') }
    await pelago.succeed(['pull', '--platform', 'linux/s390x', reference], { env: one })
    const pulled = (await pelago.succeed(['image', 'ls', '--format', '{{.Platforms}}'], { env: one })).stdout
    assert.match(pulled, /linux\/s390x/)
    assert.doesNotMatch(pulled, /linux\/amd64 \(\d/)
    assert.equal((await pelago.succeed(['run', '--rm', '--pull=never', '--platform', 'linux/s390x', reference, 'cat', '/file'], { env: one })).stdout, 'content')
    const all = await pelago.succeed(['pull', '-q', reference], { env: { PELAGO_ROOT: join(pelago.folder, 'all') } })
    assert.equal(all.stdout, `${digest}\n`)
    const listed = await pelago.succeed(['image', 'ls', '-q', '--no-trunc'], { env: { PELAGO_ROOT: join(pelago.folder, 'all') } })
    assert.equal(listed.stdout, `${digest}\n`)
  })

  it('image ls, tag, inspect and rm know an image by each of its names', async () => {
    await output('build', '--platform', 'linux/amd64,linux/arm64', '-t', 'local:1', context)
    await output('tag', 'local:1', 'other/name:2')
    const rows = (await output('image', 'ls', '--format', '{{.Reference}} {{.ID}}')).trim().split('\n').map((row) => row.split(' '))
    const ids = rows.filter(([name]) => name === 'local:1' || name === 'other/name:2').map(([, id]) => id)
    assert.deepEqual([ids.length, new Set(ids).size], [2, 1])
    assert.match(await output('image', 'ls', 'other/name'), /^IMAGE +DIGEST +CREATED +SIZE +PLATFORMS\nother\/name:2 .* linux\/amd64 \(.*\), linux\/arm64 \(.*\)\n$/)
    assert.match(await output('image', 'inspect', '--format', '{{json .}}', 'local:1'), /"word":"value"/)
    assert.match(await output('rmi', 'local:1'), /^removed local:1 \(sha256:/)
    assert.doesNotMatch(await output('images'), /local:1/)
    assert.match(await output('images'), /other\/name:2/)
    const missing = await pelago.run(['image', 'rm', 'local:1'])
    assert.equal(missing.exitCode, 1)
    assert.match(missing.stderr, /^ERROR: .*local:1/)
    assert.equal((await pelago.run(['image', 'rm', '--force', 'local:1'])).exitCode, 0)
  })

  it('save and load take an image with all its platforms from one store to another', async () => {
    const archive = join(pelago.folder, 'saved.tar')
    const other = { PELAGO_ROOT: join(pelago.folder, 'loaded') }
    const saved = (await output('build', '-q', '--platform', 'linux/amd64,linux/arm64', '-t', 'saved:1', context)).trim()
    await output('save', '-o', archive, 'saved:1')
    assert.match((await pelago.succeed(['load', '-i', archive], { env: other })).stdout, /^loaded saved:1$/m)
    assert.equal((await pelago.succeed(['image', 'ls', '-q', '--no-trunc', 'saved:1'], { env: other })).stdout.trim(), saved)
    assert.equal((await pelago.succeed(['run', '--rm', '--platform', 'linux/arm64', 'saved:1', 'cat', '/file'], { env: other })).stdout, 'content')
  })

  it('load takes an archive that skopeo wrote as Docker does', async () => {
    const archive = join(pelago.folder, 'docker.tar')
    await tool('skopeo', '--override-arch', 'amd64', 'copy', '--src-tls-verify=false', `docker://${reference}`, `docker-archive:${archive}:from-docker:1`)
    assert.match(await output('load', '-i', archive), /^loaded from-docker:1$/m)
    assert.equal(await output('run', '--rm', 'from-docker:1', 'cat', '/file'), 'content')
  })

  it('push sends a local image to another repository, mounting what the registry has', async () => {
    await output('build', '--platform', BASE_PLATFORMS.join(','), '-t', reference, context)
    await output('tag', reference, `${registry.host}/moved/app:2`)
    assert.equal((await output('push', '-q', `${registry.host}/moved/app:2`)).trim(), digest)
    assert.equal(await inspectRaw(`${registry.host}/moved/app:2`), await inspectRaw(reference))
    const index = JSON.parse(await inspectRaw(`${registry.host}/moved/app:2`)) as IndexJson
    assert.equal(index.manifests.length, BASE_PLATFORMS.length)
    await tool('skopeo', 'copy', '--all', '--src-tls-verify=false', `docker://${registry.host}/moved/app:2`, `oci:${join(pelago.folder, 'copied')}:it`)
  })

  it('login is needed where the registry wants it, is kept, and forgotten by logout', async () => {
    await using guarded = await startDockerRegistry({ asksForLogin: true })
    const name = `${guarded.host}/app:1`
    await output('tag', reference, name)
    assert.equal((await pelago.run(['push', name])).exitCode, 1)
    const loggedIn = await pelago.succeed(['login', '-u', REGISTRY_LOGIN.username, '--password-stdin', guarded.host], { input: REGISTRY_LOGIN.password })
    assert.equal(loggedIn.stdout, `logged in to ${guarded.host} as ${REGISTRY_LOGIN.username}\n`)
    const config = readFileSync(join(pelago.env['DOCKER_CONFIG'] ?? '', 'config.json'), 'utf8')
    assert.ok(Object.keys((JSON.parse(config) as { readonly auths: object }).auths).includes(guarded.host))
    await output('push', name)
    await output('pull', name)
    await output('logout', guarded.host)
    assert.equal((await pelago.run(['imagetools', 'inspect', name])).exitCode, 1)
  })

  it('du counts what prune removes, and images stay usable', async () => {
    await output('build', '-t', 'pruned:1', context)
    assert.match(await output('du'), /^ID +RECLAIMABLE +SIZE +LAST ACCESSED +DESCRIPTION\n[^]*Reclaimable:\s+\S+\nTotal:\s+\S+\n$/)
    assert.match(await output('prune', '--all', '--force'), /^Total: \S+$/m)
    assert.equal(await output('run', '--rm', '--pull=never', 'pruned:1', 'cat', '/file'), 'content')
    const asked = await pelago.run(['prune'])
    assert.equal(asked.exitCode, 2)
    assert.match(asked.stderr, /--force/)
  })
})
