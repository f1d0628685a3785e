import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { orAborted } from '../../kit/singleFlight.ts'
import { plainNode } from '../builders/builder.ts'
import type { Driver } from '../driver.ts'
import { createNodePool } from './nodePool.ts'

const PLACE: Driver['place'] = { status: async () => 'absent', stop: async () => undefined, remove: async () => undefined }

/** Why the node is silent whose engine never answers, after so many seconds each. */
async function silentAfter(test: TestContext, told: Pick<Driver, 'place' | 'answerMs'>, seconds: readonly number[]): Promise<readonly (string | undefined)[]> {
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

describe('a node that does not answer', () => {
  it('is left out after 15 s', async (test) => assert.deepEqual(await silentAfter(test, {}, [14, 15]), [undefined, 'no answer within 15 s']))
  it('has as long as its driver was told', async (test) => assert.deepEqual(await silentAfter(test, { answerMs: 60_000 }, [59, 60]), [undefined, 'no answer within 60 s']))
  it('has no less for a driver that was told less', async (test) => assert.deepEqual(await silentAfter(test, { answerMs: 3_000 }, [14, 15]), [undefined, 'no answer within 15 s']))
  it('has longer where its place has to be started', async (test) => assert.deepEqual(await silentAfter(test, { place: PLACE }, [599, 600]), [undefined, 'no answer within 600 s']))
})
