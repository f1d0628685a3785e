import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import type { ServerCall } from '../api/grpc/serverCall.ts'
import { createOpenCalls } from './openCalls.ts'

const silent: ServerCall = {
  path: '/moby.buildkit.v1.Control/Solve',
  metadata: new Map(),
  messages: Readable.from([]),
  signal: new AbortController().signal, // the other end never tells that it is gone
  send: () => Promise.resolve(),
}

describe('createOpenCalls', () => {
  it('ends calls of which the connection does not tell that it is closed, and waits for what they do at their end', async () => {
    const calls = createOpenCalls()
    let isNoted = false
    const served = calls.known(async ({ signal }) => {
      await once(signal, 'abort')
      await new Promise(setImmediate)
      isNoted = true
      throw signal.reason
    })(silent)
    const refused = assert.rejects(served, /the engine ends/)
    await calls.end(new Error('the engine ends'))
    assert.equal(isNoted, true)
    await refused
  })
  it('has nothing to wait for where all calls are over', async () => {
    const calls = createOpenCalls()
    await calls.known(async () => undefined)(silent)
    await calls.end(new Error('the engine ends'))
  })
})
