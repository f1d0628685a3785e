import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { createIdleWork } from './idleWork.ts'

describe('idle work', () => {
  it('is done when the last that is busy has ended', async () => {
    let runs = 0
    const idle = createIdleWork(async () => void (runs += 1))
    const [first, second] = [idle.enter(), idle.enter()]
    first[Symbol.dispose]()
    await setImmediate()
    assert.equal(runs, 0)
    second[Symbol.dispose]()
    await setImmediate()
    assert.equal(runs, 1)
  })

  it('is done once more at the end, after what still runs', async () => {
    const told: string[] = []
    const idle = createIdleWork(async () => {
      told.push('begin')
      await setImmediate()
      told.push('end')
    })
    idle.enter()[Symbol.dispose]()
    await idle[Symbol.asyncDispose]()
    assert.deepEqual(told, ['begin', 'end', 'begin', 'end'])
  })

  it('is tried again after it failed', async () => {
    let runs = 0
    const idle = createIdleWork(async () => {
      runs += 1
      throw new Error('the disk is away')
    })
    idle.enter()[Symbol.dispose]()
    await idle[Symbol.asyncDispose]()
    assert.equal(runs, 2)
  })
})
