import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { MEDIA_TYPE } from '../../src/ground/oci/mediaType.ts'
import { REGISTRY_LOGIN, startDockerRegistry, type DockerRegistryOptions } from '../support/registry/dockerRegistry.ts'
import { noFaults, type Faults } from '../support/registry/fake/faults.ts'
import { startFakeRegistry } from '../support/registry/fakeRegistry.ts'
import { openPelago, type CommandResult, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

interface Told {
  readonly severalPlatforms: string
  readonly findings: readonly { readonly check: string; readonly state: string; readonly detail: string; readonly remedy: string }[]
  readonly left: readonly { readonly kind: string; readonly digest: string }[]
}

const OPEN: DockerRegistryOptions = { asksForLogin: false }

describe('pelago doctor REGISTRY', { skip: missing('docker-registry') }, () => {
  const once = new AsyncDisposableStack()
  let opened: Pelago | undefined
  before(async () => {
    opened = once.use(await openPelago())
  })
  after(() => once.disposeAsync())

  const run = async (...args: readonly string[]): Promise<CommandResult> => {
    assert.ok(opened !== undefined)
    return await opened.run(['doctor', ...args])
  }
  const ask = async (...args: readonly string[]): Promise<Told & { readonly states: ReadonlyMap<string, string> }> => {
    const told = JSON.parse((await run('--format', 'json', ...args)).stdout) as Told
    return { ...told, states: new Map(told.findings.map(({ check, state }) => [check, state])) }
  }

  it('tells people the bad first, what to do, and what it did', async () => {
    await using server = await startDockerRegistry()
    const { exitCode, stdout } = await run('--write', `${server.host}/team/app`)
    assert.equal(exitCode, 0)
    assert.match(stdout, /^– pull [^]*– referrers API +HTTP status 404\n +→ .*\n[^]*✔ OCI index +it is taken\n[^]*✔ delete[^]*\n\n\S+\/team\/app holds images of several platforms\nall that was pushed to try it was removed again\n$/)
  })

  it('writes nothing unless it is told to, and leaves nothing where it may delete', async () => {
    await using server = await startDockerRegistry()
    assert.match((await run(`${server.host}/team/app`)).stdout, /nothing was written: --write/)
    assert.equal((await fetch(`http://${server.host}/v2/_catalog`).then((answer) => answer.text())).trim(), '{"repositories":[]}')
    const { severalPlatforms, left } = await ask('--write', `${server.host}/team/app`)
    assert.deepEqual([severalPlatforms, left], ['yes', []])
  })

  const real: readonly { readonly name: string; readonly options: DockerRegistryOptions; readonly states: Readonly<Record<string, string>>; readonly isLeft: boolean; readonly exitCode: number }[] = [
    { name: 'that deletes nothing', options: { ...OPEN, allowsDelete: false }, states: { push: 'ok', 'OCI index': 'ok', delete: 'warn' }, isLeft: true, exitCode: 0 },
    { name: 'that is read-only', options: { ...OPEN, isReadOnly: true }, states: { push: 'fail', reachable: 'ok' }, isLeft: false, exitCode: 1 },
    { name: 'with relative URLs', options: { ...OPEN, hasRelativeUrls: true, validates: true }, states: { push: 'ok', 'chunked uploads': 'ok', mounts: 'ok', HEAD: 'ok', ranges: 'ok', delete: 'ok' }, isLeft: false, exitCode: 0 },
    { name: 'that wants a login, and there is none', options: { asksForLogin: true }, states: { login: 'fail', pull: 'fail', push: 'fail' }, isLeft: false, exitCode: 1 },
  ]
  for (const { name, options, states, isLeft, exitCode } of real) {
    it(`tells of a docker-registry ${name}`, async () => {
      await using server = await startDockerRegistry(options)
      const told = await ask('--write', `${server.host}/team/app`)
      assert.deepEqual(Object.fromEntries(Object.keys(states).map((check) => [check, told.states.get(check)])), states)
      assert.equal(told.left.length > 0, isLeft)
      assert.equal((await run('--write', `${server.host}/team/app`)).exitCode, exitCode)
    })
  }

  it('tells of one that is a cache of another, which takes nothing', async () => {
    await using origin = await startDockerRegistry()
    await using cache = await startDockerRegistry({ ...OPEN, proxied: `http://${origin.host}` })
    assert.equal((await ask('--write', `${cache.host}/team/app`)).states.get('push'), 'fail')
  })

  it('tells whose login is kept where, and that it works', async () => {
    await using server = await startDockerRegistry({ asksForLogin: true })
    await opened?.succeed(['login', '-u', REGISTRY_LOGIN.username, '--password-stdin', server.host], { input: REGISTRY_LOGIN.password })
    const { findings } = await ask(server.host)
    assert.match(findings.find(({ check }) => check === 'login')?.detail ?? '', /asks for basic; tester is kept in .*config\.json, and it works/)
  })

  const strange: readonly { readonly name: string; readonly faults: Partial<Faults>; readonly states: Readonly<Record<string, string>>; readonly severalPlatforms: string }[] = [
    { name: 'without OCI types', faults: { manifests: { ...noFaults().manifests, refusedTypes: new Set([MEDIA_TYPE.ociIndex, MEDIA_TYPE.ociManifest]) } }, states: { 'OCI index': 'warn', 'Docker list': 'ok', artifacts: 'warn' }, severalPlatforms: 'yes' },
    { name: 'without lists', faults: { manifests: { ...noFaults().manifests, refusedTypes: new Set([MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerIndex]) } }, states: { 'OCI index': 'fail', 'Docker list': 'fail', 'OCI manifest': 'ok' }, severalPlatforms: 'no' },
    { name: 'without HEAD, ranges, mounts and chunks', faults: { headStatus: 405, ignoresRange: true, uploads: { ...noFaults().uploads, mount: 405, patchStatus: 405 } }, states: { HEAD: 'warn', ranges: 'warn', mounts: 'warn', 'chunked uploads': 'warn' }, severalPlatforms: 'yes' },
    { name: 'whose tokens are short', faults: { login: { kind: 'token', username: '', password: '', identityToken: '', expiresIn: 20 } }, states: { tokens: 'warn', login: 'warn' }, severalPlatforms: 'yes' },
  ]
  for (const { name, faults, states, severalPlatforms } of strange) {
    it(`tells of a registry ${name}`, async () => {
      await using server = await startFakeRegistry()
      Object.assign(server.faults, faults)
      const told = await ask('--write', `${server.host}/team/app`)
      assert.deepEqual(Object.fromEntries(Object.keys(states).map((check) => [check, told.states.get(check)])), states)
      assert.equal(told.severalPlatforms, severalPlatforms)
    })
  }

  it('says what can be done where a registry cannot hold several platforms', async () => {
    await using server = await startFakeRegistry()
    server.faults.manifests.refusedTypes = new Set([MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerIndex])
    const { exitCode, stdout } = await run('--write', `${server.host}/team/app`)
    assert.equal(exitCode, 1)
    assert.match(stdout, /→ give each platform a tag of its own: pelago build --platform linux\/amd64 -t \S+-amd64 --push \.[^]*cannot hold an image of several platforms/)
  })

  it('says that nothing answers, and that --write needs a repository', async () => {
    const { exitCode, stdout } = await run('127.0.0.1:1')
    assert.equal(exitCode, 1)
    assert.match(stdout, /✖ reachable +127\.0\.0\.1:1: the connection was refused\n +→ check the port/)
    assert.equal((await run('--write', '127.0.0.1:1')).exitCode, 2)
  })
})
