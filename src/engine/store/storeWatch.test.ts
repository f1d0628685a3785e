import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { watchStore } from './storeWatch.ts'

describe('watchStore', () => {
  const signal = AbortSignal.timeout(10_000)
  let root = ''
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'pelago-watch-'))
    await writeFile(join(root, 'oci-layout'), '{}')
  })
  afterEach(async () => await rm(root, { recursive: true, force: true }))

  it('tells once that the store was removed', async () => {
    const removed = Promise.withResolvers<undefined>()
    let count = 0
    using _watch = watchStore(root, () => {
      count += 1
      removed.resolve(undefined)
    })
    await rm(root, { recursive: true })
    await Promise.race([removed.promise, delay(10_000, undefined, { signal })])
    assert.equal(count, 1)
  })

  it('tells nothing of what changes in it', async () => {
    let count = 0
    using _watch = watchStore(root, () => (count += 1))
    await writeFile(join(root, 'oci-layout'), '{ }')
    await rm(join(root, 'nothing'), { force: true })
    await delay(50)
    assert.equal(count, 0)
  })

  it('does without where there is nothing to watch', () => {
    using _watch = watchStore(join(root, 'nowhere'), () => assert.fail())
  })
})
