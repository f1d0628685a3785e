import { Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { Control } from '../../../src/api/gen/control_pb.ts'
import { createServer } from '../../../src/daemon/server.ts'
import { createSessionManager } from '../../../src/daemon/session/sessionManager.ts'

/**
 * What an engine is to its driver, and nothing else: it takes the engine's arguments, serves the API on the connection
 * it was given and on its socket, and says in `Info` which process it is. `SMALL_ENGINE_ERROR` makes it fail at once.
 */
const { values } = parseArgs({ options: { fd: { type: 'string' }, socket: { type: 'string' }, linger: { type: 'string' }, root: { type: 'string' } } })
const failure = process.env['SMALL_ENGINE_ERROR']
if (failure !== undefined) {
  process.stderr.write(`${failure}\n`)
  process.exit(125)
}

const identity = `${process.pid}@${process.hrtime.bigint()}`
await using server = createServer({
  sessions: createSessionManager(),
  onBug: () => undefined,
  addRoutes: (routes) => void routes.service(Control, { info: () => ({ buildkitVersion: { package: 'small', version: identity } }) }),
})
await server.listen(values.socket ?? '', { isTrusted: true }) // first: who is answered may take it that the socket is there
server.serve(new Socket({ fd: Number(values.fd) }), { isTrusted: true })
await server.idle(Number(values.linger) * 1000, new AbortController().signal)
