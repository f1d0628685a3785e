import type { MessageInitShape } from '@bufbuild/protobuf'
import type { CallOptions } from '@connectrpc/connect'
import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { Result, ResultSchema } from '../../api/gen/gateway_pb.ts'
import { BuildError } from '../../ground/errors.ts'
import { createLimit, type Limit } from '../../kit/limit.ts'
import { orAborted } from '../../kit/singleFlight.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { driveBuild, EMPTY_RESULT } from '../drivenBuild.ts'
import type { BuildRequest, EngineClient } from '../driver.ts'
import { openSession } from '../session/sessionHost.ts'
import { nameFolderCaches } from '../folderCaches.ts'
import { BUILD_REF, cacheAttributes, solveRequest, withClientPaths, withEvents, type SolveParts } from '../solve.ts'
import { createTargetResults, linksOf, type FrontendInputs, type TargetResults } from './targetResults.ts'
import { planSessions } from './sessionPlan.ts'
import { folderSessions, mergeFolders, namesAgree, withSharedNames } from './sharedFolders.ts'
import { TargetFailedError, type SolveTargets, type TargetRequest } from './targetRequest.ts'

/** Dockerfiles that are read and checked at once, and builds that are worked on: each has calls and events of its own; the engine bounds the steps. */
const MAX_AT_ONCE = 16

export function createSolveTargets(parts: SolveParts): SolveTargets {
  return async (engine, targets, sinkOf, signal) => {
    const failure = new AbortController()
    const inner = AbortSignal.any([signal, failure.signal])
    const responses = new Map<string, ReadonlyMap<string, string>>()
    await using sessions = new AsyncDisposableStack()
    const folders = namesAgree(targets.flatMap(({ requests }) => requests)) ? 'agree' : (await readsNamedContexts(engine, inner)) ? 'renamed' : 'apart'
    signal.throwIfAborted()
    const placed = placeInSessions(targets, { parts, engine, sessions, folders }, inner)
    const job: TargetJob = { engine, results: createTargetResults(targets), reading: createLimit(MAX_AT_ONCE), working: createLimit(MAX_AT_ONCE) }
    let error: TargetFailedError | undefined
    const solveOne = async (target: PlacedTarget): Promise<void> => {
      try {
        const told = await solveTarget(target, job, sinkOf(target.name), inner)
        await target.onDone?.(told)
        responses.set(target.name, told[0] ?? new Map())
      } catch (cause) {
        if (inner.aborted) return // a consequence of the first failure, or of the end of all
        if (cause instanceof BuildError) error = new TargetFailedError(target.name, cause)
        failure.abort(cause)
        if (error === undefined) throw cause
      }
    }
    const settled = await Promise.allSettled(placed.map(solveOne))
    signal.throwIfAborted()
    for (const one of settled) if (one.status === 'rejected') throw one.reason
    return { responses, error }
  }
}

interface PlacedRequest {
  readonly request: BuildRequest
  readonly sessionId: string
}

interface PlacedTarget extends Pick<TargetRequest, 'name' | 'purpose' | 'onDone'> {
  readonly requests: readonly PlacedRequest[]
}

interface SessionOpener {
  readonly parts: SolveParts
  readonly engine: EngineClient
  readonly sessions: AsyncDisposableStack
  /** Whether a name of a folder means one thing to all targets, is made to, or stays what it is to each, in a session of its own. */
  readonly folders: 'agree' | 'renamed' | 'apart'
}

/** BuildKit's frontend takes `contextkey` for contexts only that are no folders of the client. */
async function readsNamedContexts({ local }: EngineClient, signal: AbortSignal): Promise<boolean> {
  try {
    await local.describe({}, { signal })
    return true
  } catch (error) {
    return !(error instanceof UnsupportedByPeerError) // what else is wrong, the build is told
  }
}

/** Opens the sessions that the targets need, and says which is whose. */
function placeInSessions(targets: readonly TargetRequest[], { parts, engine, sessions, folders }: SessionOpener, signal: AbortSignal): readonly PlacedTarget[] {
  const rename = folders === 'renamed' ? withSharedNames : (request: BuildRequest) => request
  const renamed = targets.map(({ requests, ...rest }) => ({ ...rest, requests: requests.map((request) => rename(engine.isSameMachine ? withClientPaths(request) : request)) }))
  const all = renamed.flatMap(({ requests }) => requests)
  const plan = planSessions(all, folders !== 'apart')
  const ids = plan.sessions.map((share) => sessions.use(openSession(engine, { ...share, ...parts }, signal)).id)
  const idOf = new Map(all.map((request, index) => [request, ids[plan.sessionOf[index] ?? 0] ?? '']))
  return renamed.map(({ requests, ...rest }) => ({
    ...rest,
    requests: requests.map((request) => {
      const sessionId = idOf.get(request) ?? ''
      const elsewhere = folders === 'apart' || sessionId === ids[0] ? [] : folderSessions(mergeFolders([request]), ids[0] ?? '')
      return { sessionId, request: { ...request, attributes: new Map([...request.attributes, ...elsewhere]) } }
    }),
  }))
}

interface TargetJob {
  readonly engine: EngineClient
  readonly results: TargetResults
  readonly reading: Limit
  readonly working: Limit
}

async function solveTarget({ name, requests, purpose }: PlacedTarget, job: TargetJob, sink: ProgressSink, signal: AbortSignal): Promise<readonly ReadonlyMap<string, string>[]> {
  const responses: ReadonlyMap<string, string>[] = []
  for (const [index, { request, sessionId }] of requests.entries()) {
    const isDriven = purpose.kind !== 'build' || linksOf(request).length > 0 || (index === 0 && job.results.isWanted(name))
    const solve = (ref: string, inner: AbortSignal): Promise<ReadonlyMap<string, string>> => {
      const message = solveRequest(ref, sessionId, request)
      const response = isDriven ? solveDriven({ name, request, message, purpose, publishes: index === 0 && job.results.isWanted(name) }, job, inner) : solvePlain(message, job, inner)
      return purpose.kind === 'build' ? withRef(ref, response) : response
    }
    responses.push(await nameFolderCaches(request, await withEvents({ engine: job.engine, sink }, signal, solve), sink, signal))
  }
  return responses
}

async function withRef(ref: string, response: Promise<ReadonlyMap<string, string>>): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await response), [BUILD_REF, ref]])
}

type SolveMessage = ReturnType<typeof solveRequest>

async function solvePlain(message: SolveMessage, { engine, working }: TargetJob, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { ExporterResponse } = await working.run(() => engine.control.solve(message, { signal }), signal)
  return new Map(Object.entries(ExporterResponse))
}

interface DrivenSolve extends Pick<TargetRequest, 'name' | 'purpose'> {
  readonly request: BuildRequest
  readonly message: SolveMessage
  /** Whether others wait for its result. */
  readonly publishes: boolean
}

/**
 * Its frontend is called with the results of others, and what it gives is given to others before it is worked on: what
 * they need of it is then a part of what they need. It stays open until they have it.
 */
async function solveDriven({ name, request, message, purpose, publishes }: DrivenSolve, { engine, results, reading, working }: TargetJob, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const inputs = await orAborted(results.inputsOf(request), signal)
  await using place = new AsyncDisposableStack()
  const drive = async (options: CallOptions): Promise<MessageInitShape<typeof ResultSchema>> => {
    const call = (more: readonly (readonly [key: string, value: string])[]): Promise<Result> => reading.run(() => callFrontend(engine, request, { ...inputs, attributes: new Map([...inputs.attributes, ...more]) }, options), signal)
    const result = purpose.kind !== 'ask' || publishes ? await call([]) : undefined
    if (purpose.kind === 'ask') answer = (await call([['requestid', purpose.requestId], ['frontend.caps', QUESTION_CAPS]])).metadata
    results.taken(request)
    if (publishes && result !== undefined) {
      results.publish(name, result)
      await orAborted(results.untilTaken(name), signal)
    }
    if (purpose.kind !== 'build' || result === undefined) return EMPTY_RESULT
    place.use(await working.acquire(signal))
    return { ...result }
  }
  let answer: Result['metadata'] = {}
  const response = await driveBuild(engine, { ...message, Frontend: '', Internal: purpose.kind !== 'build' }, drive, signal) // the frontend is called by the client
  return purpose.kind !== 'ask' ? response : new Map(Object.entries(answer).map(([key, value]) => [key, Buffer.from(value).toString()]))
}

const QUESTION_CAPS = 'moby.buildkit.frontend.subrequests+forward'

async function callFrontend({ bridge }: EngineClient, { frontend, attributes, cacheImports }: BuildRequest, inputs: FrontendInputs, options: CallOptions): Promise<Result> {
  const asked = { Frontend: frontend, FrontendOpt: Object.fromEntries([...attributes, ...cacheAttributes({ cacheImports }), ...inputs.attributes]), FrontendInputs: Object.fromEntries(inputs.definitions) }
  const { result } = await bridge.solve({ ...asked, allowResultReturn: true, allowResultArrayRef: true }, options)
  if (result === undefined) throw new TypeError('the frontend gave no result')
  return result
}
