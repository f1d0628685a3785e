import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { startLinkProxy, type LinkProxy } from '../../../test/support/servers/linkProxy.ts'
import { Control } from '../../api/gen/control_pb.ts'
import { toStatus } from '../../api/errorMapping.ts'
import { openHttp2Server } from '../../api/grpc/http2Connection.ts'
import { serveCalls } from '../../api/grpc/serverCall.ts'
import { createServiceRoutes } from '../../api/grpc/serviceRoutes.ts'
import { EngineLostError, type EngineClient } from '../driver.ts'
import { createStreamDriver } from '../streamDriver.ts'

const never = new AbortController().signal

interface Link extends AsyncDisposable {
  readonly proxy: LinkProxy
  readonly engine: EngineClient
  /** Resolves when the engine builds. */
  readonly building: Promise<undefined>
  /** Resolves when it was asked for a sign of life that often. */
  askedTimes(count: number): Promise<void>
}

/** An engine whose builds never end, beyond a link that may fail. */
async function openLink(silenceMs: number): Promise<Link> {
  await using undo = new AsyncDisposableStack()
  const building = Promise.withResolvers<undefined>()
  const asked = new EventEmitter()
  const routes = createServiceRoutes().service(Control, {
    info() {
      asked.emit('asked')
      return {}
    },
    async solve() {
      building.resolve(undefined)
      return await new Promise<never>(() => undefined)
    },
  })
  const server = createServer((socket) => void serveCalls(openHttp2Server(socket), { find: (path) => routes.find(path), toStatus }))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  undo.defer(() => void server.close())
  const proxy = undo.use(await startLinkProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }))
  const driver = createStreamDriver({
    name: 'tcp://big:1234',
    async open() {
      const connection = connect(proxy.port, '127.0.0.1')
      await once(connection, 'connect')
      return { connection, isSameMachine: false, silenceMs }
    },
  })
  const engine = undo.use(await driver.connect(never))
  await engine.control.info({})
  const askedTimes = async (count: number): Promise<void> => {
    for (let times = 0; times < count; times++) await once(asked, 'asked')
  }
  const held = undo.move()
  return { proxy, engine, building: building.promise, askedTimes, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

describe('an engine beyond a network', () => {
  it('is lost where the way there is cut without a word', async () => {
    await using link = await openLink(200)
    const build = link.engine.control.solve({ Ref: 'r' })
    await link.building
    link.proxy.cut()
    await assert.rejects(build, (error) => {
      assert.ok(error instanceof EngineLostError)
      assert.deepEqual({ engine: error.engine, activity: error.activity, message: error.message }, { engine: 'tcp://big:1234', activity: 'building', message: 'lost the engine tcp://big:1234 while it was building: nothing has come from it for 0.6 s' })
      return true
    })
  })
  it('is lost where the connection breaks', async () => {
    await using link = await openLink(60_000)
    const build = link.engine.control.solve({ Ref: 'r' })
    await link.building
    link.proxy.reset()
    await assert.rejects(build, (error) => error instanceof EngineLostError && error.message.includes('while it was building: the other end closed the connection'))
  })
  it('is kept where it has nothing to say but that it is there', async () => {
    await using link = await openLink(50)
    let isLost = false
    link.engine.control.solve({ Ref: 'r' }).catch(() => (isLost = true)) // it ends with the test
    await link.building
    await link.askedTimes(4)
    assert.equal(isLost, false)
  })
})
