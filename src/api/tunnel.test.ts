import assert from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { callUnary, openCall } from './grpc/clientCall.ts'
import { openHttp2Client, openHttp2Server, sessionClosed } from './grpc/http2Connection.ts'
import { serveCalls, type CallHandler } from './grpc/serverCall.ts'
import { toStatus } from './errorMapping.ts'
import { createTunnel } from './tunnel.ts'

const never = new AbortController().signal
const none = new Map()

describe('HTTP/2 inside a call', () => {
  it('carries calls the other way round', async (t) => {
    const { inner } = await nest(t, async (call) => {
      for await (const message of call.messages) await call.send(Buffer.concat([Buffer.from('echo '), message]))
    })
    const reply = await callUnary(inner, '/inner/Echo', { message: Buffer.from('hello'), metadata: none }, never)
    assert.equal(Buffer.from(reply).toString(), 'echo hello')
  })

  it('keeps headers apart that come several times, and values with commas', async (t) => {
    const { inner } = await nest(t, async (call) => {
      await call.send(Buffer.from(JSON.stringify(call.metadata.get('followpaths'))))
    })
    const metadata = new Map([['followpaths', ['a, b', 'c']]])
    const reply = await callUnary(inner, '/inner/Headers', { message: Buffer.alloc(0), metadata }, never)
    assert.deepEqual(JSON.parse(Buffer.from(reply).toString()), ['a, b', 'c'])
  })

  it('holds back a sender whose receiver does not read, and loses nothing', async (t) => {
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    let sent = 0
    const { inner } = await nest(t, async (call) => {
      for (; sent < 64; sent += 1) await call.send(chunk)
    })
    const call = openCall(inner, '/inner/Flood', none, never)
    const messages = call.messages[Symbol.asyncIterator]()
    await messages.next()
    await settled(() => sent)
    assert.ok(sent < 60, `${sent} MiB were sent to nobody`)
    let received = 1
    while ((await messages.next()).done !== true) received += 1
    assert.equal(received, 64)
  })

  it('ends inside when the caller half-closes outside', async (t) => {
    const { inner, closeOuter } = await nest(t, async () => undefined)
    closeOuter()
    await sessionClosed(inner)
  })

  it('fails the calls inside when the connection breaks', async (t) => {
    const started = Promise.withResolvers<undefined>()
    const { inner, breakConnection } = await nest(t, async (call) => {
      started.resolve(undefined)
      await new Promise((resolve) => call.signal.addEventListener('abort', resolve))
    })
    const waiting = callUnary(inner, '/inner/Wait', { message: Buffer.alloc(0), metadata: none }, never)
    await started.promise
    breakConnection()
    await assert.rejects(waiting, { name: 'LostCallError' })
  })

  it('tells a call that was cut off from one that came to its end', async (t) => {
    const ended = Promise.withResolvers<string>()
    const { inner } = await nest(t, async (call) => {
      try {
        for await (const message of call.messages) await call.send(message)
        ended.resolve('as if whole')
      } catch (error) {
        ended.resolve('cut off')
        throw error
      }
    })
    const call = openCall(inner, '/inner/Upload', none, never)
    await call.send(Buffer.from('half'))
    await call.messages[Symbol.asyncIterator]().next()
    call.cancel()
    assert.equal(await ended.promise, 'cut off')
  })

  it('cancels a call inside, and no other', async (t) => {
    const cancelled = Promise.withResolvers<undefined>()
    const { inner } = await nest(t, async (call) => {
      await call.send(Buffer.from(call.path))
      if (call.path === '/inner/Echo') return
      call.signal.addEventListener('abort', () => cancelled.resolve(undefined))
      await new Promise(() => undefined)
    })
    const controller = new AbortController()
    const reason = new Error('cancelled by the test')
    const messages = openCall(inner, '/inner/Wait', none, controller.signal).messages[Symbol.asyncIterator]()
    await messages.next()
    controller.abort(reason)
    await assert.rejects(messages.next(), reason)
    await cancelled.promise
    assert.equal(Buffer.from(await callUnary(inner, '/inner/Echo', { message: Buffer.alloc(0), metadata: none }, never)).toString(), '/inner/Echo')
  })
})

interface Nest {
  /** The calling end inside: at the called end outside. */
  readonly inner: ReturnType<typeof openHttp2Client>
  readonly closeOuter: () => void
  readonly breakConnection: () => void
}

/** As a session: the caller outside is the one who serves inside. */
async function nest(t: TestContext, handler: CallHandler): Promise<Nest> {
  const [near, far] = duplexPair()
  const opened = Promise.withResolvers<Nest['inner']>()
  const outerServer = openHttp2Server(far)
  serveCalls(outerServer, {
    toStatus,
    find: () => async (call) => {
      const inner = openHttp2Client(createTunnel({ ...call, closeSend: () => undefined }))
      opened.resolve(inner)
      await sessionClosed(inner)
    },
  })
  const outerClient = openHttp2Client(near)
  const call = openCall(outerClient, '/outer/Session', none, never)
  const tunnel = createTunnel(call)
  tunnel.on('error', () => undefined)
  serveCalls(openHttp2Server(tunnel), { find: () => handler, toStatus })
  t.after(() => {
    near.destroy()
    far.destroy()
  })
  return { inner: await opened.promise, closeOuter: () => call.closeSend(), breakConnection: () => void [near.destroy(), far.destroy()] }
}

/** Waits until `read` gives the same for many turns of the event loop. */
async function settled(read: () => number): Promise<void> {
  let [last, turns] = [read(), 0]
  while (turns < 500) {
    await new Promise(setImmediate)
    turns = read() === last ? turns + 1 : 0
    last = read()
  }
}
