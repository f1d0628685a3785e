import { once } from 'node:events'
import { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { Content } from '../api/gen/content_pb.ts'
import { Control } from '../api/gen/control_pb.ts'
import { LLBBridge } from '../api/gen/gateway_pb.ts'
import { LocalEngine } from '../api/gen/local_pb.ts'
import { OWN_ENGINE } from '../engine/config/engineConfig.ts'
import { parseServeSettings, type ServeSettings } from '../engine/config/serveSettings.ts'
import { createEngine } from '../engine/createEngine.ts'
import { watchStore } from '../engine/store/storeWatch.ts'
import { BuildError, firstFailure } from '../ground/errors.ts'
import { VERSION } from '../ground/version.ts'
import { createContentService } from './contentService.ts'
import { createControl } from './control.ts'
import { emptyFreeBuffers } from '../kit/process/bufferPool.ts'
import { collectGarbage, keepFrugalityFrom } from '../kit/process/frugalNode.ts'
import { trimHeap } from '../kit/syscalls/trimHeap.ts'
import { answerAsBuildKit } from './bridge/answerAsBuildKit.ts'
import { createBridgeCalls } from './bridge/bridgeCalls.ts'
import { failedStepDetails } from './bridge/failedStepResults.ts'
import { createClientBuilds } from './bridge/clientBuilds.ts'
import { createGatewayBuilds } from './gatewayBuilds.ts'
import { createBuildJournal } from './history/buildJournal.ts'
import { listenAll } from './listen/listenAll.ts'
import { createLlbBridge } from './llbBridge.ts'
import { createLocalEngine } from './localEngine.ts'
import { createQuietTime } from './quietTime.ts'
import { createServer } from './server.ts'
import { createClientSessions } from './session/clientSessions.ts'
import { createSessionManager } from './session/sessionManager.ts'
import { createSpareMemory } from './spareMemory.ts'

/**
 * The engine as a process, inside its namespaces: serves the connection it was started with and those that come on
 * its socket, and ends when there was none for a while. With `--serve` it listens where the settings on its standard
 * input say, and ends with the command at the other end of that first connection. Logs JSON lines on standard error,
 * for its operator.
 */
async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  keepFrugalityFrom(env)
  const { fd, socket, lingerMs, root, isServing } = parseEngineArgs(argv)
  const settings = isServing ? parseServeSettings(await buffer(process.stdin)) : OWN_SETTINGS
  const { config } = settings
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => stop.abort(new DOMException(`got ${name}`, 'AbortError')))
  const sessions = createSessionManager()
  const gateway = createGatewayBuilds()
  const clientBuilds = createClientBuilds()
  await using engine = await createEngine({ root, version: VERSION, env, config, sessions: createClientSessions(sessions) }, stop.signal)
  using _watch = watchStore(root, () => {
    log('error', 'store-removed', { root })
    stop.abort(new DOMException('its store was removed', 'AbortError'))
  })
  await using journal = createBuildJournal({ engine, now: Date.now, onFailure: (error) => log('error', 'build-not-kept', describeError(error)) })
  const control = createControl(engine, { sessions, gateway, clientBuilds, journal, worker: config })
  const bridge = answerAsBuildKit({ ...createLlbBridge(gateway), ...createBridgeCalls(clientBuilds, gateway, engine) }, failedStepDetails(() => engine.failedSteps()))
  const blobs = createContentService(engine.blobs)
  let addresses: readonly string[] = []
  const facts = { isRootless: env['PELAGO_NS_IDS'] !== 'all', stop: () => stop.abort(new DOMException('it was asked to', 'AbortError')), addresses: () => addresses }
  const memory = createSpareMemory({ readBytes: () => process.memoryUsage.rss(), clear: clearMemory })
  using quiet = createQuietTime({ quietMs: QUIET_MS, meanwhileMs: MEANWHILE_MS, readBusyMs, work: memory.giveBack, workMeanwhile: memory.giveBackMuch })
  const builds: typeof control = { ...control, solve: async (request, context) => await quiet.during(async () => await control.solve(request, context)) }
  await using server = createServer({
    sessions,
    addRoutes: (routes, peer) => void routes.service(Control, builds).service(LLBBridge, bridge).service(Content, blobs).service(LocalEngine, createLocalEngine(engine, facts, peer)),
    ...(config.isDebug ? { onCall: (path) => log('debug', 'call', { path }) } : {}),
    afterCall: () => quiet.heard(),
    onBug: (error) => log('error', 'bug', { stack: stackOf(error) }),
  })
  // The sockets first: whoever comes behind the first command is to find them.
  await using listeners = await listenAll(settings, { onConnection: (connection, peer) => server.serve(connection, peer), onRefused: (peer, reason) => log('error', 'client-refused', { peer, reason }) })
  addresses = listeners.addresses
  if (socket !== undefined && !(await server.listen(socket, TRUSTED))) log('info', 'socket-taken', { socket })
  const starter = fd === undefined ? undefined : new Socket({ fd })
  if (starter !== undefined) server.serve(starter, TRUSTED)
  const isOver = isServing && starter !== undefined ? once(starter, 'close', { signal: stop.signal }) : server.idle(lingerMs, stop.signal)
  await orStopped(isOver, stop.signal)
  return 0
}

/** What comes right behind a build is let through. */
const QUIET_MS = 1_000
/** Longer than most steps take: after a collection, code is compiled anew. */
const MEANWHILE_MS = 2_000

async function clearMemory(): Promise<void> {
  collectGarbage()
  emptyFreeBuffers()
  await trimHeap()
}

/** Threads are busy while they compute; this one, too, while it waits for a processor or for the disk. */
function readBusyMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000 + performance.eventLoopUtilization().active
}

const TRUSTED = { isTrusted: true }
const OWN_SETTINGS: ServeSettings = { listeners: [], tls: undefined, config: OWN_ENGINE }

/** A signal is a way to end, too. */
async function orStopped(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  await work.catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

function stackOf(thrown: unknown): string | undefined {
  const error = firstFailure(thrown)
  return error instanceof Error ? error.stack : String(error)
}

function describeError(error: unknown): { readonly message: string } {
  return { message: error instanceof Error ? error.message : String(error) }
}

interface EngineArgs {
  readonly fd: number | undefined
  readonly socket: string | undefined
  readonly lingerMs: number
  readonly root: string
  readonly isServing: boolean
}

function parseEngineArgs(argv: readonly string[]): EngineArgs {
  const { values } = parseArgs({ args: [...argv], options: { fd: { type: 'string' }, socket: { type: 'string' }, linger: { type: 'string', default: '0' }, root: { type: 'string' }, serve: { type: 'boolean', default: false } } })
  if (values.root === undefined) throw new TypeError('the engine needs --root')
  return { fd: values.fd === undefined ? undefined : Number(values.fd), socket: values.socket, lingerMs: Number(values.linger) * 1000, root: values.root, isServing: values.serve }
}

function log(level: 'debug' | 'info' | 'error', event: string, fields: Readonly<Record<string, unknown>>): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...fields })}\n`)
}

void main(process.argv.slice(2), process.env)
  .catch((error: unknown) => {
    const fields = error instanceof BuildError ? { kind: error.kind, message: error.message, hint: error.hint } : { message: stackOf(error) }
    log('error', 'start-failed', fields)
    return 125
  })
  .then((code) => {
    process.exitCode = code
  })
