import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import { EngineUnavailableError, type EngineClient } from '../../driver/driver.ts'
import type { Keeper, Keepers } from './keepers.ts'
import { findStep } from './keptSteps.ts'

const signal = new AbortController().signal

/** All that is asked of it is what it keeps: the id of each step, and when it failed. */
function keeper(node: string, steps: Readonly<Record<string, number>>): Keeper {
  const kept = Object.entries(steps).map(([id, at]) => ({ id, failedAtMs: BigInt(at) }))
  return { node, engine: { local: { listFailedSteps: async () => ({ steps: kept }) } } as unknown as EngineClient }
}

const BUILDKIT: Keeper = { node: 'buildkit', engine: { local: { listFailedSteps: async () => Promise.reject(new UnsupportedByPeerError('listFailedSteps')) } } as unknown as EngineClient }

function keepersOf(engines: Keepers['engines'], finish = (): void => undefined): Keepers {
  return { engines, areNamed: true, finish, [Symbol.asyncDispose]: async () => undefined }
}

describe('a failed step of several nodes', () => {
  const keepers = keepersOf([BUILDKIT, keeper('a', { aa1: 1, ab2: 4 }), keeper('b', { aa3: 3 })])
  for (const { name, step, want } of [
    { name: 'is the last one where none is named', step: '', want: ['a', 'ab2'] },
    { name: 'is the last one of those whose id begins so', step: 'aa', want: ['b', 'aa3'] },
    { name: 'that none has is asked for where such are kept', step: 'ff', want: ['a', undefined] },
  ]) {
    it(name, async () => {
      const { keeper: { node }, found } = await findStep(keepers, step, signal)
      assert.deepEqual([node, found?.id], want)
    })
  }

  it('may be on the node that does not answer, where no other has it', async () => {
    const silent = keepersOf([keeper('a', { aa1: 1 })], () => {
      throw new EngineUnavailableError('node b does not answer')
    })
    assert.equal((await findStep(silent, 'aa', signal)).found?.id, 'aa1')
    await assert.rejects(findStep(silent, 'ff', signal), { message: 'node b does not answer' })
  })

  it('is nowhere where all are BuildKits', async () => {
    await assert.rejects(findStep(keepersOf([BUILDKIT]), '', signal), { name: 'DebugUnavailableError' })
  })
})
