import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSingleFlight } from './singleFlight.ts'

const signal = new AbortController().signal

describe('a single flight', () => {
  it('does equal work once, and again when it is done', async () => {
    const flights = createSingleFlight<string, number>()
    let count = 0
    const work = async (): Promise<number> => (count += 1)
    assert.deepEqual(await Promise.all([flights.run('a', work, signal), flights.run('a', work, signal)]), [1, 1])
    assert.equal(await flights.run('a', work, signal), 2)
  })

  it('goes on while one of its callers is left', async () => {
    const flights = createSingleFlight<string, string>()
    const gate = Promise.withResolvers<string>()
    const first = new AbortController()
    const left = flights.run('a', () => gate.promise, first.signal)
    const stays = flights.run('a', () => assert.fail('joined, not started'), signal)
    first.abort(new Error('left'))
    await assert.rejects(left, { message: 'left' })
    gate.resolve('done')
    assert.equal(await stays, 'done')
  })

  it('cancels the work when the last caller has left, and starts anew for the next', async () => {
    const flights = createSingleFlight<string, string>()
    const caller = new AbortController()
    const cancelled = Promise.withResolvers<unknown>()
    const work = (inner: AbortSignal): Promise<string> =>
      new Promise(() => inner.addEventListener('abort', () => cancelled.resolve((inner.reason as Error).message)))
    const run = flights.run('a', work, caller.signal)
    await Promise.resolve()
    caller.abort(new Error('stop'))
    await assert.rejects(run, { message: 'stop' })
    assert.equal(await cancelled.promise, 'stop')
    assert.equal(await flights.run('a', async () => 'anew', signal), 'anew')
  })

  it('gives a failure to every caller', async () => {
    const flights = createSingleFlight<string, string>()
    const fail = async (): Promise<string> => {
      throw new Error('no')
    }
    const results = await Promise.allSettled([flights.run('a', fail, signal), flights.run('a', fail, signal)])
    assert.deepEqual(results.map((result) => result.status), ['rejected', 'rejected'])
  })
})
