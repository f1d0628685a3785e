import type { Digest } from '../../ground/digest.ts'
import { createLogLines, type LogLines } from '../../progress/logLines.ts'
import type { BuildWarning, ProgressEvent, VertexLog, VertexOutcome, VertexProgress } from '../../progress/progressEvent.ts'
import type { TwinUse } from '../../progress/twinText.ts'

/** What is known of a build after some of its events. It grows with the build's steps, not with their output. */
export interface Trace {
  /** In the order of announcement. */
  readonly vertices: readonly VertexTrace[]
  readonly warnings: readonly BuildWarning[]
  /** When the first vertex was started; undefined before. What BuildKit announces has no time. */
  readonly startedAt: number | undefined
}

export interface VertexTrace {
  readonly digest: Digest
  /** From 1, in the order of announcement. */
  readonly number: number
  readonly name: string
  readonly state: VertexState
  /** Undefined where it runs natively, or does not run at all. */
  readonly emulator: string | undefined
  /** Once that is known, of a step that was to have native twins. */
  readonly twins: TwinUse | undefined
  /** In the order of their first event. */
  readonly parts: ReadonlyMap<string, PartTrace>
  /** The last lines of output, oldest first. */
  readonly tail: readonly string[]
}

export type VertexState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly startedAt: number }
  | { readonly kind: 'done'; readonly startedAt: number; readonly at: number; readonly outcome: VertexOutcome }

export interface PartTrace {
  readonly first: VertexProgress
  readonly last: VertexProgress
}

/** Lines of output kept of each step: what is shown of a failed one. */
export const TAIL_LINES = 20

/** Folds events into a trace, in place: a build has more events than a copy for each is worth. */
export interface TraceFold {
  readonly trace: Trace
  readonly apply: (event: ProgressEvent) => void
  readonly vertex: (digest: Digest) => VertexTrace | undefined
}

interface MutableVertex extends VertexTrace {
  state: VertexState
  emulator: string | undefined
  twins: TwinUse | undefined
  readonly parts: Map<string, PartTrace>
  tail: string[]
  readonly lines: Readonly<Record<VertexLog['stream'], LogLines>>
}

export function createTraceFold(): TraceFold {
  const vertices: MutableVertex[] = []
  const warnings: BuildWarning[] = []
  const byDigest = new Map<Digest, MutableVertex>()
  const trace = { vertices, warnings, startedAt: undefined as number | undefined }

  const vertexOf = (digest: Digest, name: string): MutableVertex => {
    const known = byDigest.get(digest)
    if (known !== undefined) return known
    const lines = { stdout: createLogLines(), stderr: createLogLines() }
    const vertex: MutableVertex = { digest, number: vertices.length + 1, name, state: { kind: 'waiting' }, emulator: undefined, twins: undefined, parts: new Map(), tail: [], lines }
    byDigest.set(digest, vertex)
    vertices.push(vertex)
    return vertex
  }
  return {
    trace,
    vertex: (digest) => byDigest.get(digest),
    apply: (event) => {
      if (event.kind === 'vertex-started') trace.startedAt = Math.min(trace.startedAt ?? event.at, event.at)
      if (event.kind === 'warning') warnings.push(event)
      else applyToVertex(vertexOf(event.vertex, event.kind === 'vertex-announced' ? event.name : event.vertex), event)
    },
  }
}

function applyToVertex(vertex: MutableVertex, event: Exclude<ProgressEvent, BuildWarning>): void {
  switch (event.kind) {
    case 'vertex-announced':
      return
    case 'vertex-started':
      vertex.state = { kind: 'running', startedAt: event.at }
      return
    case 'vertex-emulated':
      vertex.emulator = event.emulator
      return
    case 'vertex-twins':
      vertex.twins = { native: event.native, emulated: event.emulated, why: event.why }
      return
    case 'vertex-progress':
      vertex.parts.set(event.id, { first: vertex.parts.get(event.id)?.first ?? event, last: event })
      return
    case 'vertex-log':
      keepTail(vertex, vertex.lines[event.stream].push(event.bytes))
      return
    case 'vertex-done':
      keepTail(vertex, [...vertex.lines.stdout.flush(), ...vertex.lines.stderr.flush()])
      if (event.outcome.kind !== 'failed') vertex.tail = []
      vertex.state = { kind: 'done', startedAt: vertex.state.kind === 'waiting' ? event.at : vertex.state.startedAt, at: event.at, outcome: event.outcome }
  }
}

function keepTail(vertex: MutableVertex, lines: readonly string[]): void {
  if (lines.length > 0) vertex.tail = [...vertex.tail, ...lines.slice(-TAIL_LINES)].slice(-TAIL_LINES)
}

export interface VertexLabel {
  /** The platform the step is for, `linux/arm64`; undefined of what is for all, or where there is but one. Of several targets or nodes, with the name of each before it. */
  readonly platform: string | undefined
  readonly text: string
}

/** Takes a vertex's name apart: `[linux/arm64 build 2/4] RUN make` is `[build 2/4] RUN make` of linux/arm64, and `[app linux/arm64 2/4]` is of app linux/arm64, `[app node0 linux/arm64 2/4]` of app node0 linux/arm64. */
export function parseVertexName(name: string): VertexLabel {
  const match = NAME.exec(name)
  if (match === null) return { platform: undefined, text: name }
  const [, of = '', os = '', architecture = '', target, inside = '', rest = ''] = match
  const own = `${os}/${architecture}`
  if (target === undefined) return { platform: of + own, text: `[${inside.trim()}]${rest}` }
  return { platform: of + (target.includes('/') ? target : `${os}/${target}`), text: `[${inside.trim()} on ${own}]${rest}` }
}

/** A step that runs on one platform and makes something for another has both: `linux/amd64->arm64`. */
const NAME = /^\[((?:[^\s\]]+ )*?)(linux|windows|darwin|freebsd)\/([a-z0-9_/.-]+?)(?:->([a-z0-9_/.]+))?(?= |\])([^\]]*)\](.*)$/s

export function elapsedMs(state: VertexState, now: number): number {
  switch (state.kind) {
    case 'waiting':
      return 0
    case 'running':
      return Math.max(0, now - state.startedAt)
    case 'done':
      return Math.max(0, state.at - state.startedAt)
  }
}

export function isFailed({ state }: VertexTrace): boolean {
  return state.kind === 'done' && state.outcome.kind === 'failed'
}

export function isCancelled({ state }: VertexTrace): boolean {
  return state.kind === 'done' && state.outcome.kind === 'cancelled'
}

export interface PlatformTime {
  readonly nativeMs: number
  readonly emulatedMs: number
}

/** How long the executed steps of each platform took together, by how they ran. Where there is one only, steps do not name it. */
export function timeByPlatform(trace: Trace): ReadonlyMap<string, PlatformTime> {
  const times = new Map<string, PlatformTime>()
  const only = onlyPlatform(trace)
  for (const vertex of trace.vertices) {
    const platform = parseVertexName(vertex.name).platform ?? (isStep(vertex) ? only : undefined)
    if (platform === undefined || vertex.state.kind !== 'done' || vertex.state.outcome.kind === 'cached') continue
    const before = times.get(platform) ?? { nativeMs: 0, emulatedMs: 0 }
    const spent = elapsedMs(vertex.state, vertex.state.at)
    times.set(platform, vertex.emulator === undefined ? { ...before, nativeMs: before.nativeMs + spent } : { ...before, emulatedMs: before.emulatedMs + spent })
  }
  return times
}

function onlyPlatform({ vertices }: Trace): string | undefined {
  const named = new Set(vertices.flatMap(({ name }) => parseVertexName(name).platform ?? []))
  return named.size === 1 ? [...named][0] : undefined
}

/** Whether a line of the Dockerfile says what it does. */
function isStep({ name }: VertexTrace): boolean {
  return name.startsWith('[') && !name.startsWith('[internal]')
}

/** `times` by platform alone: together what several targets or nodes have spent on it. */
export function withoutOwners(times: ReadonlyMap<string, PlatformTime>): ReadonlyMap<string, PlatformTime> {
  const alone = new Map<string, PlatformTime>()
  for (const [label, { nativeMs, emulatedMs }] of times) {
    const platform = label.slice(label.lastIndexOf(' ') + 1)
    const before = alone.get(platform) ?? { nativeMs: 0, emulatedMs: 0 }
    alone.set(platform, { nativeMs: before.nativeMs + nativeMs, emulatedMs: before.emulatedMs + emulatedMs })
  }
  return alone
}
