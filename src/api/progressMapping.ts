import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt'
import { parseDigest, type Digest } from '../ground/digest.ts'
import type { BuildWarning, ProgressEvent, VertexAnnounced, VertexDone, VertexEmulated, VertexLog, VertexOutcome, VertexProgress, VertexStarted, VertexTwins } from '../progress/progressEvent.ts'
import { textBytes } from '../progress/textBytes.ts'
import { formatTwinUse, parseTwinUse } from '../progress/twinText.ts'
import { StatusResponseSchema, VertexLogSchema, VertexSchema, VertexStatusSchema, VertexWarningSchema, type StatusResponse, type Vertex, type VertexStatus, type VertexWarning } from './gen/control_pb.ts'
import { spanOfMessage } from './sourceMapping.ts'

/** BuildKit's wire has no word for an emulated step: it is a status with this before the emulator's name. */
const EMULATED = 'emulated by '
/** Go's text of a cancelled context: on the wire a cancelled vertex is one that failed with it. */
const CANCELLED = 'context canceled'

/** The fields of a Vertex message that an engine fills in. */
interface VertexState {
  readonly digest: Digest
  readonly name?: string
  readonly inputs?: string[]
  readonly cached?: boolean
  readonly error?: string
  readonly started?: Timestamp
  readonly completed?: Timestamp
  readonly progressGroup?: { readonly id: string; readonly name: string; readonly weak: boolean }
}

/** What one message holds at most, so that it stays far from gRPC's limit: a late listener gets a long story at once. */
const MAX_EVENTS = 500
const MAX_TEXT_BYTES = 1024 * 1024

/** Takes events in their order and gives the messages that tell them. */
export type ProgressEncoder = (events: readonly ProgressEvent[]) => Iterable<StatusResponse>

/**
 * Events to status messages, for one build. On the wire each message of a vertex holds its whole state, so the encoder
 * remembers what was said of it.
 */
export function createProgressEncoder(): ProgressEncoder {
  const vertexes = new Map<Digest, VertexState>()
  const add = (event: ProgressEvent, { vertexes: updates, ...details }: StatusResponse): void => {
    if (event.kind === 'vertex-announced' || event.kind === 'vertex-started' || event.kind === 'vertex-done') {
      const vertex = changeVertex(vertexes.get(event.vertex) ?? { digest: event.vertex }, event)
      vertexes.set(event.vertex, vertex)
      updates.push(create(VertexSchema, vertex))
    } else {
      addDetail(event, details)
    }
  }
  return function* (events) {
    for (const batch of batches(events)) {
      const response = create(StatusResponseSchema)
      for (const event of batch) add(event, response)
      yield response
    }
  }
}

function* batches(events: readonly ProgressEvent[]): Generator<readonly ProgressEvent[]> {
  let start = 0
  let bytes = 0
  for (const [index, event] of events.entries()) {
    bytes += textBytes(event)
    if (index + 1 - start < MAX_EVENTS && bytes < MAX_TEXT_BYTES) continue
    yield events.slice(start, index + 1)
    start = index + 1
    bytes = 0
  }
  if (start < events.length) yield events.slice(start)
}

function changeVertex(vertex: VertexState, event: VertexAnnounced | VertexStarted | VertexDone): VertexState {
  const at = timestampFromMs(event.at)
  switch (event.kind) {
    case 'vertex-announced':
      return { ...vertex, name: event.name, inputs: [...event.inputs], ...(event.group !== undefined && { progressGroup: { id: event.group.id, name: event.group.name, weak: event.group.isWeak } }) }
    case 'vertex-started':
      return { ...vertex, started: at }
    case 'vertex-done':
      return { ...vertex, started: vertex.started ?? at, completed: at, ...encodeOutcome(event.outcome) } // clients draw nothing of what never started
  }
}

function encodeOutcome(outcome: VertexOutcome): Pick<VertexState, 'cached' | 'error'> {
  switch (outcome.kind) {
    case 'executed':
      return {}
    case 'cached':
      return { cached: true }
    case 'cancelled':
      return { error: CANCELLED }
    case 'failed':
      return { error: outcome.message }
  }
}

function addDetail(event: VertexEmulated | VertexTwins | VertexProgress | VertexLog | BuildWarning, { statuses, logs, warnings }: Pick<StatusResponse, 'statuses' | 'logs' | 'warnings'>): void {
  const at = timestampFromMs(event.at)
  switch (event.kind) {
    case 'vertex-emulated':
      statuses.push(create(VertexStatusSchema, { ID: `${EMULATED}${event.emulator}`, vertex: event.vertex, timestamp: at, started: at, completed: at }))
      break
    case 'vertex-twins':
      statuses.push(create(VertexStatusSchema, { ID: formatTwinUse(event), vertex: event.vertex, timestamp: at, started: at, completed: at }))
      break
    case 'vertex-progress': {
      const amount = { current: BigInt(event.currentBytes), total: BigInt(event.totalBytes) }
      const status = { ID: event.id, vertex: event.vertex, name: event.action, ...amount, timestamp: at, started: at }
      statuses.push(create(VertexStatusSchema, event.state === 'done' ? { ...status, completed: at } : status))
      break
    }
    case 'vertex-log':
      logs.push(create(VertexLogSchema, { vertex: event.vertex, timestamp: at, stream: event.stream === 'stdout' ? 1n : 2n, msg: event.bytes }))
      break
    case 'warning':
      warnings.push(encodeWarning(event))
  }
}

function encodeWarning({ vertex, message, detail, url, span }: BuildWarning): VertexWarning {
  const warning = { vertex: vertex ?? '', level: 1n, short: Buffer.from(message), detail: detail.map((line) => Buffer.from(line)), url: url ?? '' }
  if (span === undefined) return create(VertexWarningSchema, warning)
  return create(VertexWarningSchema, {
    ...warning,
    info: { filename: span.source.filename, data: Buffer.from(span.source.text), language: 'Dockerfile' },
    ranges: [{ start: { line: span.startLine }, end: { line: span.endLine } }],
  })
}

/**
 * Status messages to events, for one build. A state that is repeated gives no event; a vertex that starts anew is told
 * again. What a message says of a vertex in detail comes before that it is done.
 */
export function createProgressDecoder(): (response: StatusResponse) => readonly ProgressEvent[] {
  const seen = new Map<string, Vertex>()
  return ({ vertexes, statuses, logs, warnings }) => {
    const changes = vertexes.flatMap((vertex) => {
      const events = decodeVertex(vertex, seen.get(vertex.digest))
      seen.set(vertex.digest, vertex)
      return events
    })
    return [
      ...changes.filter(({ kind }) => kind !== 'vertex-done'),
      ...statuses.flatMap(decodeStatus),
      ...logs.flatMap(({ vertex, timestamp, stream, msg }) =>
        withDigest(vertex, (digest): ProgressEvent => ({ kind: 'vertex-log', vertex: digest, at: toMs(timestamp), stream: stream === 2n ? 'stderr' : 'stdout', bytes: msg })),
      ),
      ...warnings.map(decodeWarning),
      ...changes.filter(({ kind }) => kind === 'vertex-done'),
    ]
  }
}

function decodeVertex(vertex: Vertex, before: Vertex | undefined): readonly ProgressEvent[] {
  return withDigest(vertex.digest, (digest) => digest).flatMap((digest): ProgressEvent[] => {
    const { name, started, completed } = vertex
    const startedAt = toMs(started)
    const events: ProgressEvent[] = []
    if (before?.name !== name) events.push({ kind: 'vertex-announced', vertex: digest, at: startedAt, name, inputs: vertex.inputs.flatMap((input) => withDigest(input, (known) => known)), ...decodeGroup(vertex) })
    if (started !== undefined && startedAt !== toMs(before?.started)) events.push({ kind: 'vertex-started', vertex: digest, at: startedAt })
    if (completed !== undefined && toMs(completed) !== toMs(before?.completed)) events.push({ kind: 'vertex-done', vertex: digest, at: toMs(completed), outcome: decodeOutcome(vertex) })
    return events
  })
}

function decodeGroup({ progressGroup: group }: Vertex): Pick<VertexAnnounced, 'group'> {
  return group === undefined ? {} : { group: { id: group.id, name: group.name, isWeak: group.weak } }
}

function decodeOutcome({ error, cached }: Vertex): VertexOutcome {
  if (error.endsWith(CANCELLED)) return { kind: 'cancelled' }
  if (error !== '') return { kind: 'failed', message: error }
  return cached ? { kind: 'cached' } : { kind: 'executed' }
}

/** BuildKit names the activity `transferring` of the part `transferring context:`. */
function decodeStatus({ ID, vertex, name, current, total, timestamp, completed }: VertexStatus): readonly ProgressEvent[] {
  const at = toMs(timestamp)
  return withDigest(vertex, (digest): ProgressEvent => {
    if (ID.startsWith(EMULATED)) return { kind: 'vertex-emulated', vertex: digest, at, emulator: ID.slice(EMULATED.length) }
    const twins = parseTwinUse(ID)
    if (twins !== undefined) return { kind: 'vertex-twins', vertex: digest, at, ...twins }
    const amount = { currentBytes: Number(current), totalBytes: Number(total) }
    return { kind: 'vertex-progress', vertex: digest, at, id: ID, action: ID.startsWith(name) ? '' : name, ...amount, state: completed === undefined ? 'running' : 'done' }
  })
}

function decodeWarning({ vertex, short, detail, url, info, ranges }: VertexWarning): ProgressEvent {
  return {
    kind: 'warning',
    vertex: withDigest(vertex, (digest) => digest)[0],
    at: 0, // the wire has no time for a warning
    message: textOf(short),
    detail: detail.map(textOf),
    url: url === '' ? undefined : url,
    span: info === undefined ? undefined : spanOfMessage(info, ranges),
  }
}

/** BuildKit promises a unique text for a vertex, and sends a digest: what is none cannot be shown, and is left out. */
function withDigest<T>(text: string, make: (digest: Digest) => T): readonly T[] {
  try {
    return [make(parseDigest(text))]
  } catch {
    return []
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

/** 0 where the peer sent no time. */
function toMs(timestamp: Timestamp | undefined): number {
  return timestamp === undefined ? 0 : timestampMs(timestamp)
}
