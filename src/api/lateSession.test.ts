import assert from 'node:assert/strict'
import { once } from 'node:events'
import { duplexPair, type Duplex } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { callUnary } from './grpc/clientCall.ts'
import { openHttp2Client, openHttp2Server } from './grpc/http2Connection.ts'
import { serveCalls, type CallHandler } from './grpc/serverCall.ts'
import { toStatus } from './errorMapping.ts'
import { openLate } from './lateSession.ts'

const never = new AbortController().signal

describe('a session that is opened late', () => {
  it('is opened by neither end while nobody asks for it', async (t) => {
    const { serving, calling, opened } = pair(t)
    openLate(calling, openHttp2Client)
    serveEcho(serving, opened)
    await turns()
    assert.deepEqual(opened, [])
    assert.equal(calling.readableLength + serving.readableLength, 0)
  })

  it('is opened by who asks, and then by who is asked', async (t) => {
    const { serving, calling, opened } = pair(t)
    const client = openLate(calling, openHttp2Client)
    serveEcho(serving, opened)
    await turns()
    assert.equal(await ask(client), 'echo hello')
    assert.equal(await ask(client), 'echo hello')
    assert.deepEqual(opened, ['server'])
  })

  it('is opened at once where the other end begins it', async (t) => {
    const { serving, calling } = pair(t)
    const opened = Promise.withResolvers<undefined>()
    const client = openLate(calling, (stream) => {
      opened.resolve(undefined)
      return openHttp2Client(stream)
    })
    serveCalls(openHttp2Server(serving), { find: () => async (call) => call.send(Buffer.from('here')), toStatus })
    await opened.promise
    assert.equal(await ask(client), 'here')
  })

  it('closes what carries it when the other end closes, though it was never opened', async (t) => {
    const { serving, calling } = pair(t)
    openLate(calling, () => assert.fail('nobody has asked for it'))
    const closed = once(calling, 'close')
    serving.resume().end()
    await closed
  })
})

interface Pair {
  readonly serving: Duplex
  readonly calling: Duplex
  readonly opened: string[]
}

function pair(t: TestContext): Pair {
  const [serving, calling] = duplexPair({ allowHalfOpen: false })
  t.after(() => [serving, calling].map((end) => end.destroy()))
  return { serving, calling, opened: [] }
}

function serveEcho(stream: Duplex, opened: string[]): void {
  openLate(stream, (tunnel) => {
    opened.push('server')
    const echo: CallHandler = async (call) => {
      for await (const message of call.messages) await call.send(Buffer.concat([Buffer.from('echo '), message]))
    }
    serveCalls(openHttp2Server(tunnel), { find: () => echo, toStatus })
  })
}

async function ask(client: () => ReturnType<typeof openHttp2Client>): Promise<string> {
  return Buffer.from(await callUnary(client(), '/inner/Echo', { message: Buffer.from('hello'), metadata: new Map() }, never)).toString()
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate)
}
