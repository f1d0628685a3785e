import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { describeBlob } from '../../src/ground/oci/descriptor.ts'
import { parseDigest } from '../../src/ground/digest.ts'
import { MEDIA_TYPE } from '../../src/ground/oci/mediaType.ts'
import { DEFAULT_HOST_CONFIG } from '../../src/registry/hostConfig.ts'
import type { Credentials } from '../../src/registry/registry.ts'
import { push, readText, registrySuite, type RegistryFixture } from '../../src/registry/registry.suite.ts'
import { createRegistry, DEFAULT_RETRIES } from '../../src/registry/registryClient.ts'
import { REGISTRY_LOGIN, startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { missing } from '../support/requires.ts'

const signal = new AbortController().signal
const needs = { skip: missing('docker-registry') }
const MIB = 1024 * 1024

async function openFixture(login: Credentials | undefined, asksForLogin: boolean): Promise<RegistryFixture> {
  const server = await startDockerRegistry({ asksForLogin })
  const registry = createRegistry({
    credentials: { credentials: async () => login },
    hosts: DEFAULT_HOST_CONFIG,
    userAgent: 'test',
    connectionsPerHost: 4,
    proxy: { http: '', https: '', except: '' },
    retries: DEFAULT_RETRIES,
    now: Date.now,
  })
  return {
    host: server.host,
    registry,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

registrySuite('the client of docker-registry', () => openFixture(undefined, false), needs)

describe('docker-registry with a login', needs, () => {
  it('is used with name and password', async () => {
    await using fixture = await openFixture({ kind: 'basic', ...REGISTRY_LOGIN }, true)
    const descriptor = await push(fixture, 'private/app', 'secret layer')
    assert.equal(await readText(fixture, 'private/app', descriptor), 'secret layer')
  })

  for (const login of [undefined, { kind: 'basic', username: REGISTRY_LOGIN.username, password: 'wrong' } as const]) {
    it(`denies ${login === undefined ? 'those without one' : 'a wrong password'}`, async () => {
      await using fixture = await openFixture(login, true)
      await assert.rejects(push(fixture, 'private/app', 'layer'), { name: 'AuthenticationError', kind: 'denied' })
    })
  }
})

describe('a blob of 64 MiB', needs, () => {
  it('goes up and comes down without being held in memory', async () => {
    await using fixture = await openFixture(undefined, false)
    const { host, registry } = fixture
    const hash = createHash('sha256')
    for await (const chunk of largeBlob()) hash.update(chunk)
    const digest = parseDigest(`sha256:${hash.digest('hex')}`)
    const descriptor = describeBlob(MEDIA_TYPE.ociLayer, digest, 64 * MIB)
    const atStart = process.memoryUsage.rss()
    let most = 0
    const watch = (): void => void (most = Math.max(most, process.memoryUsage.rss() - atStart))
    await registry.pushBlob({ host, repository: 'large' }, { descriptor, mountFrom: undefined, open: largeBlob, onProgress: watch }, signal)
    const received = createHash('sha256')
    for await (const chunk of registry.readBlob({ host, repository: 'large' }, descriptor, 0, signal)) {
      received.update(chunk)
      watch()
    }
    assert.equal(`sha256:${received.digest('hex')}`, digest)
    assert.ok(most < 40 * MIB, `${(most / MIB).toFixed(1)} MiB more than before`)
  })
})

/** 64 MiB, each made as it is asked for. */
async function* largeBlob(): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < 64; index += 1) yield Buffer.alloc(MIB, index + 1)
}
