import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { orAborted } from '../../kit/singleFlight.ts'
import { plainNode } from '../builders/builder.ts'
import type { Driver } from '../driver.ts'
import { createNodePool } from './nodePool.ts'

const PLACE: Driver['place'] = { status: async () => 'absent', stop: async () => undefined, remove: async () => undefined }

/** Why the node is silent whose engine never answers, after so many seconds each. */
async function silentAfter(test: TestContext, told: Partial<Driver>, seconds: readonly number[]): Promise<readonly (string | undefined)[]> {
  test.mock.timers.enable({ apis: ['setTimeout'] })
  const never = async (signal: AbortSignal): Promise<never> => await orAborted(new Promise<never>(() => undefined), signal)
  const driver: Driver = { name: 'never', connect: never, attach: never, dial: never, ...told }
  const end = new AbortController()
  await using pool = createNodePool([plainNode('a', 'remote', 'ssh://a')], async () => driver)
  const reached = pool.reachAll(end.signal).catch(() => undefined)
  const said: (string | undefined)[] = []
  let now = 0
  for (const second of seconds) {
    await turn()
    test.mock.timers.tick((second - now) * 1000)
    now = second
    await turn()
    said.push(pool.silent()[0]?.error.message)
  }
  end.abort()
  await reached
  return said
}

function refusesAfter(delayMs: number): Driver['connect'] {
  return async (signal) => await orAborted(new Promise<never>((_, reject) => void setTimeout(() => reject(new Error('ssh says why')), delayMs)), signal)
}

describe('a node that does not answer', () => {
  it('is left out after 15 s', async (test) => assert.deepEqual(await silentAfter(test, {}, [14, 15]), [undefined, 'no answer within 15 s']))
  it('has as long as its driver was told, and a little, since that knows the better reason', async (test) => assert.deepEqual(await silentAfter(test, { answerMs: 60_000 }, [60, 61]), [undefined, 'no answer within 60 s']))
  it('is left out for the reason of its driver, whose time ends with the pool\'s', async (test) => assert.deepEqual(await silentAfter(test, { answerMs: 20_000, connect: refusesAfter(20_000) }, [19, 20]), [undefined, 'ssh says why']))
  it('has no less for a driver that was told less', async (test) => assert.deepEqual(await silentAfter(test, { answerMs: 3_000 }, [14, 15]), [undefined, 'no answer within 15 s']))
  it('has longer where its place has to be started', async (test) => assert.deepEqual(await silentAfter(test, { place: PLACE }, [599, 600]), [undefined, 'no answer within 600 s']))
})
