import { createTraceFold, type VertexState, type VertexTrace } from './trace.ts'
import type { BuildWarning, ProgressEvent, VertexLog, VertexOutcome, VertexProgress } from '../../progress/progressEvent.ts'
import { formatTwinUse } from '../../progress/twinText.ts'
import type { Digest } from '../../ground/digest.ts'

/** One line of JSON for each event, as `docker buildx build --progress=rawjson` writes BuildKit's SolveStatus. */
export interface RawJsonFold {
  apply(event: ProgressEvent): string
}

export function createRawJsonFold(): RawJsonFold {
  const fold = createTraceFold()
  const inputs = new Map<Digest, readonly Digest[]>()
  const startedParts = new Map<string, number>()
  return {
    apply(event) {
      fold.apply(event)
      if (event.kind === 'vertex-announced') inputs.set(event.vertex, event.inputs)
      const describe = (digest: Digest): object => formatVertex(digest, fold.vertex(digest), inputs.get(digest) ?? [])
      return `${JSON.stringify(formatEvent(event, describe, startedParts))}\n`
    },
  }
}

function formatEvent(event: ProgressEvent, describe: (digest: Digest) => object, startedParts: Map<string, number>): object {
  switch (event.kind) {
    case 'vertex-announced':
    case 'vertex-started':
    case 'vertex-done':
      return { vertexes: [describe(event.vertex)] }
    case 'vertex-emulated':
      return { statuses: [{ id: `emulated by ${event.emulator}`, vertex: event.vertex, current: 0, timestamp: time(event.at), started: time(event.at), completed: time(event.at) }] }
    case 'vertex-twins':
      return { statuses: [{ id: formatTwinUse(event), vertex: event.vertex, current: event.native, total: event.native + event.emulated, timestamp: time(event.at), started: time(event.at), completed: time(event.at) }] }
    case 'vertex-progress':
      return { statuses: [formatStatus(event, startedParts)] }
    case 'vertex-log':
      return { logs: [formatLog(event)] }
    case 'warning':
      return { warnings: [formatWarning(event)] }
  }
}

function formatVertex(digest: Digest, vertex: VertexTrace | undefined, inputs: readonly Digest[]): object {
  return { digest, inputs: inputs.length === 0 ? undefined : inputs, name: vertex?.name, ...(vertex === undefined ? {} : formatState(vertex.state)) }
}

function formatState(state: VertexState): object {
  switch (state.kind) {
    case 'waiting':
      return {}
    case 'running':
      return { started: time(state.startedAt) }
    case 'done': {
      const cached = state.outcome.kind === 'cached' ? true : undefined
      return { started: time(state.startedAt), completed: time(state.at), cached, error: errorOf(state.outcome) }
    }
  }
}

function errorOf(outcome: VertexOutcome): string | undefined {
  switch (outcome.kind) {
    case 'failed':
      return outcome.message
    case 'cancelled':
      return 'context canceled'
    case 'executed':
    case 'cached':
      return undefined
  }
}

function formatStatus(event: VertexProgress, startedParts: Map<string, number>): object {
  const key = `${event.vertex} ${event.id}`
  const startedAt = startedParts.get(key) ?? event.at
  startedParts.set(key, startedAt)
  return {
    id: event.id,
    vertex: event.vertex,
    name: event.action === '' ? undefined : event.action,
    total: event.totalBytes === 0 ? undefined : event.totalBytes,
    current: event.currentBytes,
    timestamp: time(event.at),
    started: time(startedAt),
    completed: event.state === 'done' ? time(event.at) : undefined,
  }
}

function formatLog(event: VertexLog): object {
  return { vertex: event.vertex, stream: event.stream === 'stdout' ? 1 : 2, data: base64(event.bytes), timestamp: time(event.at) }
}

function formatWarning({ vertex, message, detail, url, span }: BuildWarning): object {
  return {
    vertex,
    level: 1,
    short: base64(Buffer.from(message)),
    detail: detail.map((line) => base64(Buffer.from(line))),
    url,
    sourceInfo: span === undefined ? undefined : { filename: span.source.filename, data: base64(Buffer.from(span.source.text)) },
    range: span === undefined ? undefined : [{ start: { line: span.startLine }, end: { line: span.endLine } }],
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function time(at: number): string {
  return new Date(at).toISOString()
}
