import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { BuildHistoryEventType, BuildHistoryRecordSchema, type BuildHistoryEvent, type BuildHistoryRecord, type BuildHistoryRequest, type SolveRequest, type StatusResponse, type UpdateBuildHistoryRequest } from '../../api/gen/control_pb.ts'
import { createProgressEncoder } from '../../api/progressMapping.ts'
import type { Engine } from '../../engine/engine.ts'
import type { RecordedProvenance } from '../../engine/attestation/recordedProvenance.ts'
import type { KeptBlobs } from '../../engine/history/buildHistory.ts'
import type { KeptBuild } from '../../engine/history/buildRecordStore.ts'
import { BuildError, InvalidValueError } from '../../ground/errors.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import { completedRecord, pinnedRecord, startedRecord, type BuildEnding } from './buildRecordMessage.ts'
import { parseHistoryFilter } from './historyFilter.ts'
import { createHistoryListeners, historyEvent, type HistoryListeners } from './historyListeners.ts'
import { decodeStatusLog, encodeStatusLog } from './statusLog.ts'

/** The builds that run and those that are over, as BuildKit's API tells them. Disposing waits until all is kept. */
export interface BuildJournal extends AsyncDisposable {
  /** Begins the record of a build; what is no build has one that leads nowhere. */
  open(request: SolveRequest): OpenBuild
  /** What there is, the one that began last first, then, unless the request is content with that, what comes. @throws InvalidValueError */
  listen(request: BuildHistoryRequest, signal: AbortSignal): AsyncIterable<BuildHistoryEvent>
  /** @throws InvalidValueError; BuildNotKeptError */
  update(request: UpdateBuildHistoryRequest, signal: AbortSignal): Promise<void>
  /** What happened in a build that is over; undefined where none of that ref is kept. */
  replay(ref: string, signal: AbortSignal): Promise<AsyncIterable<StatusResponse> | undefined>
}

export interface OpenBuild {
  /** Does not wait until it is kept. */
  close(ending: BuildEnding, events: readonly ProgressEvent[]): void
}

export class BuildNotKeptError extends BuildError {
  readonly kind = 'not-found'
  constructor(ref: string) {
    super(`no such build: ${ref}`, { hint: 'see pelago history ls for the builds that are kept' })
  }
}

export interface JournalDeps {
  readonly engine: Pick<Engine, 'history' | 'blobs'>
  readonly now: () => number
  /** Told of a build that could not be kept. */
  readonly onFailure: (error: unknown) => void
}

export function createBuildJournal(deps: JournalDeps): BuildJournal {
  const { now, onFailure } = deps
  const { history, blobs } = deps.engine
  const running = new Map<string, BuildHistoryRecord>()
  const listeners = createHistoryListeners()
  const saving = new Set<Promise<void>>()
  const saved = async (): Promise<void> => void (await Promise.all(saving))

  return {
    open(request) {
      if (isQuestion(request)) return { close: () => undefined }
      const started = startedRecord(request, now())
      running.set(request.Ref, started)
      listeners.started(started)
      return {
        close(ending, events) {
          running.delete(request.Ref)
          const work = save(deps, { started, ending, events }, listeners).catch(onFailure).finally(() => saving.delete(work))
          saving.add(work)
        },
      }
    },
    async *listen(request, signal) {
      const isAsked = parseRequest(request, now())
      await saved()
      const later = request.EarlyExit ? undefined : listeners.listen(signal)
      const past = request.ActiveOnly ? [] : history.list().map((build) => historyEvent(BuildHistoryEventType.COMPLETE, readRecord(build)))
      const known = [...running.values()].map((record) => historyEvent(BuildHistoryEventType.STARTED, record)).concat(past).filter(isAsked)
      yield* known.toSorted((a, b) => startedMs(b.record) - startedMs(a.record)).slice(0, request.Limit === 0 ? Infinity : request.Limit)
      if (later === undefined) return
      for await (const event of later) if (isAsked(event)) yield event
    },
    async update({ Ref, Pinned, Delete, Finalize }, signal) {
      await saved()
      const build = history.get(Ref)
      if (build === undefined) throw new BuildNotKeptError(Ref)
      if (Delete) {
        await history.remove(Ref, signal)
        listeners.deleted(Ref)
      } else if (!Finalize) { // nothing of a build comes later than its end
        const record = pinnedRecord(readRecord(build), Pinned)
        history.replace({ ...build, isPinned: Pinned, record: toBinary(BuildHistoryRecordSchema, record) })
        listeners.completed(record)
      }
    },
    async replay(ref, signal) {
      await saved()
      const build = history.get(ref)
      return build?.events === undefined ? undefined : decodeStatusLog(blobs.read(build.events, 0, signal))
    },
    [Symbol.asyncDispose]: saved,
  }
}

interface EndedBuild {
  readonly started: BuildHistoryRecord
  readonly ending: BuildEnding
  readonly events: readonly ProgressEvent[]
}

async function save({ engine: { history }, now, onFailure }: JournalDeps, { started, ending, events }: EndedBuild, listeners: HistoryListeners): Promise<void> {
  const completedAtMs = now()
  const signal = new AbortController().signal // it is a moment's work, and a build is to be found though its client is gone
  let record = started
  const told = ending.kind === 'completed' ? await readPredicates(ending.provenance, onFailure, signal) : []
  const describe = ({ events: blob, attachments: kept }: KeptBlobs): KeptBuild => {
    const attachments = told.flatMap(({ platform, predicateType }, index) => (kept[index] === undefined ? [] : [{ platform, predicateType, ...kept[index] }]))
    record = completedRecord(started, { completedAtMs, ending, events, blob, attachments })
    return { ref: started.Ref, startedAtMs: startedMs(started), completedAtMs, isPinned: false, record: toBinary(BuildHistoryRecordSchema, record), events: blob.digest, attachments: kept.map(({ digest }) => digest) }
  }
  const dropped = await history.keep({ events: encodeStatusLog(createProgressEncoder()(events)), attachments: told.map(({ predicate }) => predicate) }, describe, signal)
  listeners.completed(record)
  dropped.forEach((ref) => listeners.deleted(ref))
}

interface ToldPredicate {
  readonly platform: string
  readonly predicateType: string
  readonly predicate: Uint8Array
}

/** A build is kept though what it is from cannot be told. */
async function readPredicates(provenance: readonly RecordedProvenance[], onFailure: JournalDeps['onFailure'], signal: AbortSignal): Promise<readonly ToldPredicate[]> {
  const told: ToldPredicate[] = []
  for (const { platform, attestation } of provenance) {
    try {
      told.push({ platform, predicateType: attestation.predicateType, predicate: await attestation.predicate([], signal) })
    } catch (error) {
      onFailure(error)
    }
  }
  return told
}

/** Which events a listener asks for; that one is gone is told by its ref alone. @throws InvalidValueError */
function parseRequest({ Ref, Filter, Limit }: BuildHistoryRequest, nowMs: number): (event: BuildHistoryEvent) => boolean {
  if (Limit < 0) throw new InvalidValueError(`invalid limit of builds: ${Limit}`)
  const holds = parseHistoryFilter(Filter, nowMs)
  return ({ type, record }) => record !== undefined && (Ref === '' || record.Ref === Ref) && (type === BuildHistoryEventType.DELETED || holds(record))
}

/** A check or an outline is asked of the frontend and builds nothing; what a client does for itself is none of its user's builds. */
function isQuestion({ Internal, FrontendAttrs }: SolveRequest): boolean {
  return Internal || (FrontendAttrs['requestid'] ?? '') !== ''
}

function readRecord({ record }: KeptBuild): BuildHistoryRecord {
  return fromBinary(BuildHistoryRecordSchema, record)
}

function startedMs(record: BuildHistoryRecord | undefined): number {
  return record?.CreatedAt === undefined ? 0 : timestampMs(record.CreatedAt)
}
