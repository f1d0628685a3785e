import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClientContainer } from '../../engine/containers/clientContainer.ts'
import { createBuildContainers } from './buildContainers.ts'

describe('the containers of a build', () => {
  it('take none once they are disposed, and open none', async () => {
    const containers = createBuildContainers()
    await containers[Symbol.asyncDispose]()
    const told: string[] = []
    await assert.rejects(containers.add('a', async () => container(() => told.push('released'))), /the build is over/)
    assert.deepEqual(told, [])
  })

  it('release one that is being opened while they are disposed', async () => {
    const containers = createBuildContainers()
    const opening = Promise.withResolvers<ClientContainer>()
    const added = assert.rejects(containers.add('a', () => opening.promise), /the build is over/)
    const disposed = containers[Symbol.asyncDispose]()
    const told: string[] = []
    opening.resolve(container(() => told.push('released')))
    await Promise.all([added, disposed])
    assert.deepEqual(told, ['released'])
    assert.equal(containers.get('a'), undefined)
  })

  it('keep a newer one of the name of one that failed to open', async () => {
    const containers = createBuildContainers()
    const opening = Promise.withResolvers<ClientContainer>()
    const failed = assert.rejects(containers.add('a', () => opening.promise), /no files/)
    const released = containers.release('a')
    const newer = container(() => undefined)
    await containers.add('a', async () => newer)
    opening.reject(new Error('no files'))
    await Promise.all([failed, released])
    assert.equal(containers.get('a'), newer)
    await assert.rejects(containers.add('a', async () => newer), /already exists/)
  })

  it('release all, and say what failed', async () => {
    const containers = createBuildContainers()
    const told: string[] = []
    await containers.add('a', async () => container(() => { throw new Error('stuck') }))
    await containers.add('b', async () => container(() => told.push('b')))
    await assert.rejects(async () => containers[Symbol.asyncDispose](), /stuck/)
    assert.deepEqual(told, ['b'])
  })
})

function container(release: () => unknown): ClientContainer {
  return {
    start: () => Promise.reject(new Error('nothing runs')),
    files: () => { throw new Error('no files') },
    async [Symbol.asyncDispose]() { release() },
  }
}
