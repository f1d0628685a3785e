import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { serveAgent, type Agent } from './agent.ts'
import { AGENT, FAILURE, MAX_MESSAGE_BYTES, packNumber, packString, splitMessages } from './agentMessage.ts'
import { createKeyAgent } from './keyAgent.ts'

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

async function collect<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}

/** What comes back for `requests`, and what the agent was asked. */
async function serve(requests: readonly Uint8Array[]): Promise<{ readonly answers: readonly Uint8Array[]; readonly asked: readonly number[] }> {
  const asked: number[] = []
  const agent: Agent = {
    async answer(request) {
      asked.push(request[0] ?? 0)
      return Uint8Array.of(99)
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
  const sent: Uint8Array[] = []
  const connection = new Duplex({
    read: () => undefined,
    write(chunk: Uint8Array, _encoding, done) {
      sent.push(chunk)
      done()
    },
  })
  connection.push(Buffer.concat(requests.map(packString)))
  connection.push(null)
  await serveAgent(connection, agent)
  return { answers: await collect(splitMessages(chunked(Buffer.concat(sent), 5))), asked }
}

describe('an agent that is lent', () => {
  it('is asked for its keys and for signatures, and for nothing else', async () => {
    const [add, remove, removeAll, lock, extension] = [17, 18, 19, 22, 27]
    const types = [AGENT.requestIdentities, add, remove, AGENT.signRequest, removeAll, lock, extension]
    const { answers, asked } = await serve(types.map((type) => Uint8Array.of(type, 1, 2)))
    assert.deepEqual(asked, [AGENT.requestIdentities, AGENT.signRequest])
    assert.deepEqual(answers.map(([type]) => type), [99, AGENT.failure, AGENT.failure, 99, AGENT.failure, AGENT.failure, AGENT.failure])
  })
  it('refuses to sign with a key that it has not, or what it cannot read', async () => {
    const agent = createKeyAgent([])
    assert.deepEqual(await agent.answer(Buffer.concat([Buffer.of(AGENT.signRequest), packString('key'), packString('data'), packNumber(0)])), FAILURE)
    assert.deepEqual(await agent.answer(Uint8Array.of(AGENT.signRequest, 0, 0)), FAILURE)
  })
})

describe('messages', () => {
  it('are the same however their bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), fc.integer({ min: 1, max: 50 }), async (messages, size) => {
        assert.deepEqual(await collect(splitMessages(chunked(Buffer.concat(messages.map(packString)), size))), messages)
      }),
    )
  })
  it('that are too long, or end too early, are refused', async () => {
    await assert.rejects(collect(splitMessages(chunked(packNumber(MAX_MESSAGE_BYTES + 1), 4))), RangeError)
    await assert.rejects(collect(splitMessages(chunked(Uint8Array.of(0, 0, 0, 2, 1), 4))), RangeError)
  })
})
