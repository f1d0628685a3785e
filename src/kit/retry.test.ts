import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { backoffMs, retry, type RetryPolicy } from './retry.ts'

const policy: RetryPolicy = { attempts: 3, firstDelayMs: 1, maxDelayMs: 4, random: () => 0 }
const signal = new AbortController().signal

describe('retry', () => {
  const again = { kind: 'retry', afterMs: undefined } as const
  const cases = [
    { name: 'gives the first success', failures: 0, verdict: again, outcome: 'done', attempts: 1 },
    { name: 'tries again after failures', failures: 2, verdict: again, outcome: 'done', attempts: 3 },
    { name: 'throws the last error when the attempts are used', failures: 3, verdict: again, outcome: 'failure 3', attempts: 3 },
    { name: 'throws at once what is not worth it', failures: 3, verdict: { kind: 'give-up' } as const, outcome: 'failure 1', attempts: 1 },
  ]
  for (const { name, failures, verdict, outcome, attempts } of cases) {
    it(name, async () => {
      let count = 0
      const work = async (attempt: number): Promise<string> => {
        count = attempt
        if (attempt <= failures) throw new Error(`failure ${attempt}`)
        return 'done'
      }
      const result = await retry(work, () => verdict, policy, signal).catch((error: unknown) => (error as Error).message)
      assert.equal(result, outcome)
      assert.equal(count, attempts)
    })
  }

  it('throws the reason of an abort while it pauses', async () => {
    const controller = new AbortController()
    const fail = async (): Promise<never> => {
      setImmediate(() => controller.abort(new Error('stopped')))
      throw new Error('failed')
    }
    await assert.rejects(retry(fail, () => ({ kind: 'retry', afterMs: 60_000 }), policy, controller.signal), { message: 'stopped' })
  })
})

describe('backoffMs', () => {
  const cases = [
    { attempt: 1, random: 0, want: 1 },
    { attempt: 3, random: 0, want: 4 },
    { attempt: 9, random: 0, want: 4 },
    { attempt: 2, random: 0.5, want: 1.5 },
  ]
  for (const { attempt, random, want } of cases) {
    it(`pauses ${want} ms after failure ${attempt}, the die showing ${random}`, () => assert.equal(backoffMs(attempt, { ...policy, random: () => random }), want))
  }
})
