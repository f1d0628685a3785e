import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NodeSilentError, withinTime } from './withinTime.ts'

/** Ends with the signal only. */
function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
}

describe('withinTime', () => {
  const never = new AbortController().signal
  it('says that a node takes too long', async () => {
    await assert.rejects(withinTime({ driver: 'remote' }, 5, never, hang), (error) => error instanceof NodeSilentError && error.message === 'no answer within 0.005 s')
  })
  it('gives what a node says, and why it fails', async () => {
    assert.equal(await withinTime({ driver: 'remote' }, 60_000, never, async () => 7), 7)
    await assert.rejects(withinTime({ driver: 'remote' }, 60_000, never, async () => assert.fail('no')), { message: 'no' })
  })
  it('gives up with the user', async () => {
    const reason = new Error('interrupted')
    await assert.rejects(withinTime({ driver: 'remote' }, 60_000, AbortSignal.abort(reason), hang), reason)
  })
  it('leaves the embedded engine its time', async () => {
    assert.equal(await withinTime({ driver: 'embedded' }, 0, never, async (signal) => signal === never), true)
  })
})
