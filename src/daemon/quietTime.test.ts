import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { createQuietTime } from './quietTime.ts'

const OPTIONS = { quietMs: 100, meanwhileMs: 200, readBusyMs: () => 0, work: () => undefined, workMeanwhile: () => undefined }

describe('a quiet time', () => {
  it('comes once after each time that something was heard, and not before it is over', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      let works = 0
      using quiet = createQuietTime({ ...OPTIONS, work: () => (works += 1) })
      const told: number[] = []
      for (const wait of [99, 1, 500]) {
        mock.timers.tick(wait)
        told.push(works)
      }
      assert.deepEqual(told, [0, 0, 0], 'nothing was heard yet')
      quiet.heard()
      mock.timers.tick(99)
      quiet.heard()
      mock.timers.tick(99)
      assert.equal(works, 0, 'it was heard again')
      mock.timers.tick(1)
      assert.equal(works, 1)
      mock.timers.tick(500)
      assert.equal(works, 1, 'once')
    } finally {
      mock.timers.reset()
    }
  })
  it('does not come while something goes on, but after it', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      let works = 0
      using quiet = createQuietTime({ ...OPTIONS, work: () => (works += 1) })
      quiet.heard()
      const part = Promise.withResolvers<string>()
      const whole = quiet.during(() => part.promise)
      quiet.heard()
      mock.timers.tick(500)
      assert.equal(works, 0)
      part.resolve('done')
      assert.equal(await whole, 'done')
      mock.timers.tick(100)
      assert.equal(works, 1)
    } finally {
      mock.timers.reset()
    }
  })
  it('comes meanwhile, too, each time that hardly anything was done', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      let busyMs = 0
      const worked: number[] = []
      using quiet = createQuietTime({ ...OPTIONS, readBusyMs: () => busyMs, work: () => worked.push(-1), workMeanwhile: () => worked.push(busyMs) })
      const part = Promise.withResolvers<undefined>()
      const whole = quiet.during(() => part.promise)
      for (const usedMs of [91, 7, 4, 6, 2]) {
        busyMs += usedMs
        mock.timers.tick(200)
      }
      assert.deepEqual(worked, [102, 110])
      part.resolve(undefined)
      await whole
      mock.timers.tick(500)
      assert.deepEqual(worked, [102, 110, -1])
    } finally {
      mock.timers.reset()
    }
  })
  it('does not come any more once it is disposed', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      let works = 0
      const quiet = createQuietTime({ ...OPTIONS, work: () => (works += 1) })
      quiet.heard()
      quiet[Symbol.dispose]()
      mock.timers.tick(500)
      assert.equal(works, 0)
    } finally {
      mock.timers.reset()
    }
  })
})
