import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { ServiceImpl } from '@connectrpc/connect'
import {
  DiskUsageResponseSchema,
  InfoResponseSchema,
  ListWorkersResponseSchema,
  SolveResponseSchema,
  UpdateBuildHistoryResponseSchema,
  UsageRecordSchema,
  type CacheOptionsEntry,
  type Control,
  type PruneRequest,
  type SolveRequest,
  type UsageRecord as UsageRecordMessage,
} from '../api/gen/control_pb.ts'
import { parseDefinition } from '../api/llb/definition.ts'
import { createProgressEncoder } from '../api/progressMapping.ts'
import type { RecordedProvenance } from '../engine/attestation/recordedProvenance.ts'
import type { PruneOptions } from '../engine/store/cachePrune.ts'
import { parseRecordFilter, type UsageRecord } from '../engine/store/usageRecord.ts'
import type { BuildSubject, CacheRequest, Engine, ExporterRequest, SolveRequest as EngineRequest, Steer } from '../engine/engine.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { createBuildRecords } from './buildRecords.ts'
import { createFrontendHost } from './frontendHost.ts'
import { parseFrontendRequest } from './frontendRequest.ts'
import type { BuildJournal } from './history/buildJournal.ts'
import type { ClientBuilds } from './bridge/clientBuilds.ts'
import type { GatewayBuilds } from './gatewayBuilds.ts'
import type { SessionManager } from './session/sessionManager.ts'
import { describeVersion, describeWorker, type WorkerConfig } from './workerRecord.ts'

type ControlService = Omit<ServiceImpl<typeof Control>, 'session'>

export interface ControlParts {
  readonly sessions: SessionManager
  /** The other side of a solve that names no frontend. */
  readonly gateway: GatewayBuilds
  /** What else such a build's client may call. */
  readonly clientBuilds: ClientBuilds
  readonly journal: BuildJournal
  readonly worker: WorkerConfig
}

/** `moby.buildkit.v1.Control` over an engine, but for `Session`, which the session manager serves. */
export function createControl(engine: Engine, { sessions, gateway, clientBuilds, journal, worker }: ControlParts): Partial<ControlService> & Pick<ControlService, 'solve'> {
  const records = createBuildRecords()
  const frontends = createFrontendHost({ engine, worker, gateway })
  return {
    info: () => create(InfoResponseSchema, { buildkitVersion: describeVersion(engine) }),
    listWorkers: () => create(ListWorkersResponseSchema, { record: [describeWorker(engine, worker)] }),
    async solve(request, { signal }) {
      using record = records.open(request.Ref)
      using driven = gateway.open(request.Ref)
      checkSolve(request)
      const solve = toSolve(request)
      const attributes = new Map(Object.entries(request.FrontendAttrs))
      const subject = subjectOf(request, attributes, gateway)
      const open = journal.open(request)
      let provenance: readonly RecordedProvenance[] = []
      try {
        const session = await sessions.get(solve.sessionId, signal)
        const steer: Steer = subject === undefined ? driven.steer(attributes, session.ended) : (build, inner) => build(subject, inner)
        await using _calls = subject === undefined ? clientBuilds.open(request.Ref, { sessionId: solve.sessionId, progress: record.sink, inputs: request.FrontendInputs, sourcePolicies: solve.sourcePolicies, entitlements: solve.entitlements }) : undefined
        const response = await engine.solve({ ...solve, frontends, sessionEnded: session.ended, onThrough: (found) => (provenance = found) }, steer, record.sink, AbortSignal.any([signal, session.ended]))
        open.close({ kind: 'completed', response, provenance }, record.events())
        return create(SolveResponseSchema, { ExporterResponse: Object.fromEntries(response) })
      } catch (error) {
        open.close({ kind: 'failed', error }, record.events())
        throw error
      }
    },
    async *status({ Ref }, { signal }) {
      const past = await journal.replay(Ref, signal)
      if (past !== undefined) {
        yield* past
        return
      }
      const encode = createProgressEncoder()
      for await (const events of records.follow(Ref, signal)) yield* encode(events)
    },
    listenBuildHistory: (request, { signal }) => journal.listen(request, signal),
    async updateBuildHistory(request, { signal }) {
      await journal.update(request, signal)
      return create(UpdateBuildHistoryResponseSchema)
    },
    async diskUsage({ filter }, { signal }) {
      return create(DiskUsageResponseSchema, { record: (await engine.usage(parseRecordFilter(filter), signal)).map(toUsageMessage) })
    },
    async *prune(request, { signal }) {
      for await (const removed of engine.prune(toPruneOptions(request), signal)) yield toUsageMessage(removed)
    },
  }
}

/** What the request itself says is to be built; undefined leaves that to the client's calls. @throws DefinitionError */
function subjectOf({ Frontend, FrontendInputs, Definition }: SolveRequest, attributes: ReadonlyMap<string, string>, { resultOf }: GatewayBuilds): BuildSubject | undefined {
  if (Frontend !== '') return parseFrontendRequest({ name: Frontend, attributes, inputs: FrontendInputs, resultOf })
  return Definition === undefined || Definition.def.length === 0 ? undefined : { kind: 'definition', graph: parseDefinition(Definition), attributes, resultOf }
}

function checkSolve(request: SolveRequest): void {
  if (request.Frontend !== '' && (request.Definition?.def.length ?? 0) > 0) throw new InvalidValueError('cannot solve with both Definition and Frontend specified')
  // Refused rather than left out
  if (request.SourcePolicySession !== '') throw new InvalidValueError('a policy that the client judges itself (--policy) is not supported yet', { hint: 'write its rules as a source policy: EXPERIMENTAL_BUILDKIT_SOURCE_POLICY' })
}

function toSolve(request: SolveRequest): Omit<EngineRequest, 'sessionEnded' | 'onThrough' | 'frontends'> {
  return {
    ref: request.Ref,
    sessionId: request.Session.replace(/^.*:/, ''),
    exporters: exportersOf(request),
    entitlements: request.Entitlements,
    sourcePolicies: policiesOf(request),
    cacheImports: (request.Cache?.Imports ?? []).map(toCacheRequest),
    cacheExports: cacheExportsOf(request),
  }
}

function policiesOf({ SourcePolicy }: SolveRequest): EngineRequest['sourcePolicies'] {
  return SourcePolicy === undefined ? [] : [SourcePolicy]
}

function toCacheRequest({ Type, Attrs }: CacheOptionsEntry): CacheRequest {
  return { type: Type, attributes: new Map(Object.entries(Attrs)) }
}

/** The list, or the one reference that clients before it name. */
function cacheExportsOf({ Cache }: SolveRequest): readonly CacheRequest[] {
  const { Exports = [], ExportRefDeprecated = '', ExportAttrsDeprecated = {} } = Cache ?? {}
  if (Exports.length > 0 || ExportRefDeprecated === '') return Exports.map(toCacheRequest)
  return [{ type: 'registry', attributes: new Map(Object.entries({ ...ExportAttrsDeprecated, ref: ExportRefDeprecated })) }]
}

/** The list, or the one exporter that clients before it name. */
function exportersOf({ Exporters, ExporterDeprecated, ExporterAttrsDeprecated }: SolveRequest): readonly ExporterRequest[] {
  if (Exporters.length > 0) return Exporters.map(({ Type, Attrs }) => ({ type: Type, attributes: new Map(Object.entries(Attrs)) }))
  return ExporterDeprecated === '' ? [] : [{ type: ExporterDeprecated, attributes: new Map(Object.entries(ExporterAttrsDeprecated)) }]
}

function toPruneOptions({ all, keepDuration, filter, reservedSpace, maxUsedSpace, minFreeSpace }: PruneRequest): PruneOptions {
  const bounds = { reservedBytes: Number(reservedSpace), maxUsedBytes: Number(maxUsedSpace), minFreeBytes: Number(minFreeSpace) }
  return { all, keepMs: Number(keepDuration / 1_000_000n), filter: parseRecordFilter(filter), bounds }
}

function toUsageMessage({ id, parent, sizeBytes, createdAtMs, lastUsedAtMs, isInUse, description, type }: UsageRecord): UsageRecordMessage {
  return create(UsageRecordSchema, {
    ID: id,
    Parents: parent === undefined ? [] : [parent],
    Size: BigInt(sizeBytes),
    InUse: isInUse,
    Mutable: type === 'exec.cachemount',
    CreatedAt: timestampFromMs(Math.trunc(createdAtMs)),
    LastUsedAt: timestampFromMs(Math.trunc(lastUsedAtMs)),
    Description: description,
    RecordType: type,
  })
}
