import { Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { Content } from '../api/gen/content_pb.ts'
import { Control } from '../api/gen/control_pb.ts'
import { LLBBridge } from '../api/gen/gateway_pb.ts'
import { LocalEngine } from '../api/gen/local_pb.ts'
import { createEngine } from '../engine/createEngine.ts'
import { BuildError } from '../ground/errors.ts'
import { VERSION } from '../ground/version.ts'
import { createContentService } from './contentService.ts'
import { createControl } from './control.ts'
import { answerAsBuildKit } from './bridge/answerAsBuildKit.ts'
import { createBridgeCalls } from './bridge/bridgeCalls.ts'
import { createClientBuilds } from './bridge/clientBuilds.ts'
import { createGatewayBuilds } from './gatewayBuilds.ts'
import { createBuildJournal } from './history/buildJournal.ts'
import { createLlbBridge } from './llbBridge.ts'
import { createLocalEngine } from './localEngine.ts'
import { createServer } from './server.ts'
import { createClientSessions } from './session/clientSessions.ts'
import { createSessionManager } from './session/sessionManager.ts'

/**
 * The engine as a process, inside its namespaces: serves the connection it was started with and those that come on
 * its socket, and ends when there was none for a while. Logs JSON lines on standard error, for its operator.
 */
async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { fd, socket, lingerMs, root } = parseEngineArgs(argv)
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => stop.abort(new DOMException(`got ${name}`, 'AbortError')))
  const sessions = createSessionManager()
  const gateway = createGatewayBuilds()
  const clientBuilds = createClientBuilds()
  await using engine = await createEngine({ root, version: VERSION, env, sessions: createClientSessions(sessions) }, stop.signal)
  await using journal = createBuildJournal({ engine, now: Date.now, onFailure: (error) => log('error', 'build-not-kept', { message: error instanceof Error ? error.message : String(error) }) })
  await using server = createServer({
    sessions,
    addRoutes: (routes) => void routes.service(Control, createControl(engine, { sessions, gateway, clientBuilds, journal })).service(LLBBridge, answerAsBuildKit({ ...createLlbBridge(gateway), ...createBridgeCalls(clientBuilds, engine) })).service(Content, createContentService(engine.blobs)).service(LocalEngine, createLocalEngine(engine, { isRootless: env['PELAGO_NS_IDS'] !== 'all', stop: () => stop.abort(new DOMException('it was asked to', 'AbortError')) })),
    onBug: (error) => log('error', 'bug', { stack: error instanceof Error ? error.stack : String(error) }),
  })
  const trusted = { isTrusted: true }
  // The socket first: whoever comes behind the first command is to find it.
  if (socket !== undefined && !(await server.listen(socket, trusted))) log('info', 'socket-taken', { socket })
  if (fd !== undefined) server.serve(new Socket({ fd }), trusted)
  await server.idle(lingerMs, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error // a signal is a way to end, too
  })
  return 0
}

interface EngineArgs {
  readonly fd: number | undefined
  readonly socket: string | undefined
  readonly lingerMs: number
  readonly root: string
}

function parseEngineArgs(argv: readonly string[]): EngineArgs {
  const { values } = parseArgs({ args: [...argv], options: { fd: { type: 'string' }, socket: { type: 'string' }, linger: { type: 'string', default: '0' }, root: { type: 'string' } } })
  if (values.root === undefined) throw new TypeError('the engine needs --root')
  return { fd: values.fd === undefined ? undefined : Number(values.fd), socket: values.socket, lingerMs: Number(values.linger) * 1000, root: values.root }
}

function log(level: 'info' | 'error', event: string, fields: Readonly<Record<string, unknown>>): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...fields })}\n`)
}

void main(process.argv.slice(2), process.env)
  .catch((error: unknown) => {
    const fields = error instanceof BuildError ? { kind: error.kind, message: error.message, hint: error.hint } : { message: error instanceof Error ? error.stack : String(error) }
    log('error', 'start-failed', fields)
    return 125
  })
  .then((code) => {
    process.exitCode = code
  })
