import { randomUUID } from 'node:crypto'
import type { TreeFilter, TreeSource } from '../api/fileSync.ts'
import type { SolveRequestSchema } from '../api/gen/control_pb.ts'
import { createProgressDecoder } from '../api/progressMapping.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { clientPaths } from './clientPaths.ts'
import type { BuildRequest, CacheRequest, EngineClient, Solve } from './driver.ts'
import { nameFolderCaches } from './folderCaches.ts'
import type { ClientProcess } from './session/outputSink.ts'
import { PER_PLATFORM } from './nodes/cacheNames.ts'
import { openSession } from './session/sessionHost.ts'

/** In a response: by which the engine's history calls the build. */
export const BUILD_REF = 'pelago.build.ref'

/** How long the last events may come after the build's end; BuildKit's client waits about as long. */
const LAST_EVENTS_MS = 3_000

export interface SolveParts {
  /** The part of a folder of this machine that an engine asks for. */
  readonly openFolder: (path: string, filter: TreeFilter) => TreeSource
  readonly client: ClientProcess
}

export function createSolve(parts: SolveParts): Solve {
  return async (engine, request, sink, signal) =>
    await inSession(parts, { engine, request, sink }, signal, async (ref, sessionId, inner) => {
      const { ExporterResponse } = await engine.control.solve(solveRequest(ref, sessionId, engine.isSameMachine ? withClientPaths(request) : request), { signal: inner })
      return await nameFolderCaches(request, new Map([...Object.entries(ExporterResponse), ...(isKept(request) ? [[BUILD_REF, ref] as const] : [])]), sink, inner)
    })
}

/** Questions and errands are in no history. */
function isKept({ attributes, isInternal = false }: BuildRequest): boolean {
  return !isInternal && !attributes.has('requestid')
}

interface SolveCall {
  readonly engine: EngineClient
  readonly request: BuildRequest
  readonly sink: ProgressSink
}

/** Serves what the request names while `work` has the engine work for it under the reference `ref`, and tells the events of that. */
export async function inSession<T>(parts: SolveParts, { engine, request, sink }: SolveCall, signal: AbortSignal, work: (ref: string, sessionId: string, inner: AbortSignal) => Promise<T>): Promise<T> {
  await using session = openSession(engine, { ...request, ...parts }, signal)
  return await withEvents({ engine, sink }, signal, (ref, inner) => work(ref, session.id, inner))
}

/** Tells the events of what `work` has the engine do under the reference `ref`. */
export async function withEvents<T>({ engine, sink }: Pick<SolveCall, 'engine' | 'sink'>, signal: AbortSignal, work: (ref: string, inner: AbortSignal) => Promise<T>): Promise<T> {
  const ref = randomUUID()
  const ended = new AbortController()
  const inner = AbortSignal.any([signal, ended.signal])
  const events = followEvents(engine, ref, sink, inner)
  try {
    return await work(ref, inner)
  } finally {
    await untilTimeout(events, signal.aborted ? 0 : LAST_EVENTS_MS)
    ended.abort(new DOMException('the build is over', 'AbortError'))
  }
}

/** With what an engine of the same machine remembers of a build. */
export function withClientPaths(request: BuildRequest): BuildRequest {
  return { ...request, attributes: new Map([...request.attributes, ...clientPaths(request)]) }
}

export function solveRequest(ref: string, sessionId: string, { frontend, attributes, outputs, entitlements, cacheImports, cacheExports, sourcePolicy, isInternal = false }: BuildRequest): MessageInitShape<typeof SolveRequestSchema> {
  const exporters = outputs.map(({ type, attributes: facts }) => ({ Type: type, Attrs: Object.fromEntries(facts) }))
  return {
    Ref: ref,
    Session: sessionId,
    Frontend: frontend,
    FrontendAttrs: Object.fromEntries([...attributes, ...cacheAttributes({ cacheImports })]),
    Exporters: exporters,
    // the first one once more, for engines older than the list
    ExporterDeprecated: exporters[0]?.Type ?? '',
    ExporterAttrsDeprecated: exporters[0]?.Attrs ?? {},
    Cache: { Imports: cacheImports.map(toEntry), Exports: cacheExports.map(toEntry) },
    Entitlements: [...entitlements],
    ...(sourcePolicy !== undefined && { SourcePolicy: sourcePolicy }),
    Internal: isInternal,
  }
}

/** BuildKit's frontends are told of caches by an attribute. */
export function cacheAttributes({ cacheImports }: Pick<BuildRequest, 'cacheImports'>): readonly (readonly [key: string, value: string])[] {
  return cacheImports.length === 0 ? [] : [['cache-imports', JSON.stringify(cacheImports.map(toEntry))]]
}

function toEntry({ type, attributes }: CacheRequest): { Type: string; Attrs: Record<string, string> } {
  return { Type: type, Attrs: Object.fromEntries([...attributes].filter(([key]) => key !== PER_PLATFORM)) }
}

/** Never rejects: a build whose events cannot be had is a build all the same. */
async function followEvents({ control }: EngineClient, ref: string, sink: ProgressSink, signal: AbortSignal): Promise<void> {
  const decode = createProgressDecoder()
  try {
    for await (const response of control.status({ Ref: ref }, { signal })) decode(response).forEach(sink)
  } catch {
    return
  }
}

async function untilTimeout(work: Promise<void>, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), timeoutMs)
  await Promise.race([work, late.promise])
  clearTimeout(timer)
}
