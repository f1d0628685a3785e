import type { VertexProgress } from '../../progress/progressEvent.ts'
import { neutralize } from './displayText.ts'
import { drawLine, type Line, type Paint, type Span, span } from './line.ts'
import { formatBytes, formatDuration } from './measure.ts'
import { spinner } from './spinner.ts'
import { elapsedMs, isCancelled, isFailed, type PartTrace, parseVertexName, type Trace, type VertexTrace } from './trace.ts'

/** How a trace is looked at. */
export interface View {
  readonly columns: number
  readonly rows: number
  /** Milliseconds since the epoch; decides elapsed times and the spinner. */
  readonly now: number
  readonly paint: Paint
}

/** Lines of output shown of a step while it runs. */
const LOG_LINES = 5

/** Parts (blobs, layers) shown of a step while it runs. */
const PART_LINES = 4

/**
 * The build as it stands, in at most `rows - 1` lines of at most `columns`: one group a platform, running steps with
 * their parts and last output, finished ones as long as there is room. What matters least is left out first.
 */
export function drawLiveFrame(trace: Trace, view: View): readonly string[] {
  const rows = [{ rank: RANK.header, line: headerLine(trace, view.now) }, ...groupsOf(trace).flatMap((group) => groupRows(group, view.now))]
  const budget = Math.max(1, view.rows - 1)
  const chosen = new Set([...rows].sort((a, b) => a.rank - b.rank).slice(0, budget))
  return rows.filter((row) => chosen.has(row)).map(({ line }) => drawLine(line, view.columns, view.paint))
}

/** The build after its end: every step that ran, the cached ones counted. As long as it has to be. What still runs was cancelled. */
export function drawFinalFrame(running: Trace, view: View): readonly string[] {
  const trace = stopped(running, view.now)
  const rows = groupsOf(trace).flatMap((group) => groupRows(group, view.now).filter(({ rank }) => rank !== RANK.log && rank !== RANK.part))
  return [headerLine(trace, view.now), ...rows.map(({ line }) => line)].map((line) => drawLine(line, view.columns, view.paint))
}

function stopped(trace: Trace, now: number): Trace {
  const stop = (vertex: VertexTrace): VertexTrace =>
    vertex.state.kind === 'running' ? { ...vertex, state: { kind: 'done', startedAt: vertex.state.startedAt, at: now, outcome: { kind: 'cancelled' } } } : vertex
  return { ...trace, vertices: trace.vertices.map(stop) }
}

interface Row {
  /** The lower, the more it matters. */
  readonly rank: number
  readonly line: Line
}

const RANK = { header: 0, failed: 10, running: 20, heading: 30, part: 40, log: 41, done: 60 } as const

interface Group {
  readonly platform: string | undefined
  readonly vertices: readonly VertexTrace[]
}

/** Platforms in the order of their first step; before them and after them what is for all. */
function groupsOf(trace: Trace): readonly Group[] {
  const isFor = (platform: string | undefined) => (vertex: VertexTrace) => parseVertexName(vertex.name).platform === platform
  const firstPlatform = trace.vertices.findIndex((vertex) => !isFor(undefined)(vertex))
  const border = firstPlatform < 0 ? trace.vertices.length : firstPlatform
  const platforms = new Set(trace.vertices.slice(border).map(({ name }) => parseVertexName(name).platform))
  platforms.delete(undefined)
  return [
    { platform: undefined, vertices: trace.vertices.slice(0, border) },
    ...[...platforms].map((platform) => ({ platform, vertices: trace.vertices.filter(isFor(platform)) })),
    { platform: undefined, vertices: trace.vertices.slice(border).filter(isFor(undefined)) },
  ]
}

function groupRows({ platform, vertices }: Group, now: number): readonly Row[] {
  const shown = vertices.filter(({ state }) => state.kind === 'running' || (state.kind === 'done' && state.outcome.kind !== 'cached'))
  const indent = platform === undefined ? ' ' : '   '
  const rows = shown.flatMap((vertex, index) => vertexRows(vertex, { indent, now, recency: (shown.length - index) / 10_000 }))
  if (platform === undefined) return rows
  // The heading matters as much as what stands under it.
  const rank = Math.min(RANK.heading, ...rows.map((row) => row.rank)) - 0.0001
  return [{ rank, line: headingLine(platform, vertices) }, ...rows]
}

function headerLine(trace: Trace, now: number): Line {
  const done = trace.vertices.filter(({ state }) => state.kind === 'done')
  const isFinished = done.length === trace.vertices.length && done.length > 0
  const end = isFinished ? Math.max(...done.map(({ state }) => (state.kind === 'done' ? state.at : 0))) : now
  const elapsed = formatDuration(end - (trace.startedAt ?? end))
  const left = [span('[+] Building', 'bold'), span(` ${elapsed} (${done.length}/${trace.vertices.length})`)]
  if (done.some(isFailed)) left.push(span(' FAILED', 'red'))
  else if (done.some(isCancelled)) left.push(span(' CANCELLED', 'yellow'))
  else if (isFinished) left.push(span(' FINISHED', 'green'))
  return { left, right: countsOf(trace.vertices) }
}

function headingLine(platform: string, vertices: readonly VertexTrace[]): Line {
  const done = vertices.filter(({ state }) => state.kind === 'done')
  const emulators = new Set(vertices.flatMap(({ emulator }) => emulator ?? []))
  const marks = [...emulators].map((emulator) => span(`  ⚙ ${emulator}`, 'yellow'))
  const counts = countsOf(vertices)
  return { left: [span(' '), span(platform, 'bold'), ...marks], right: [...counts, span(`${counts.length === 0 ? '' : ' · '}${done.length}/${vertices.length}`, 'dim')] }
}

function countsOf(vertices: readonly VertexTrace[]): readonly Span[] {
  const cached = vertices.filter(({ state }) => state.kind === 'done' && state.outcome.kind === 'cached').length
  return cached === 0 ? [] : [span(`${cached} cached`, 'cyan')]
}

interface RowPlace {
  readonly indent: string
  readonly now: number
  /** Fraction by which a row ranks behind younger ones of its kind. */
  readonly recency: number
}

function vertexRows(vertex: VertexTrace, place: RowPlace): readonly Row[] {
  const head = { rank: rankOf(vertex) + place.recency, line: vertexLine(vertex, place) }
  if (vertex.state.kind !== 'running') return [head]
  const parts = [...vertex.parts.values()].filter(({ last }) => last.state === 'running')
  const partRows = parts.slice(0, PART_LINES).map((part) => ({ rank: RANK.part, line: partLine(part, place.indent) }))
  const more = parts.length - partRows.length
  const moreRows = more > 0 ? [{ rank: RANK.part, line: { left: [span(`${place.indent}    … ${more} more`, 'dim')], right: [] } }] : []
  const logRows = vertex.tail.slice(-LOG_LINES).map((text) => ({ rank: RANK.log, line: logLine(text, place.indent) }))
  return [head, ...partRows, ...moreRows, ...logRows]
}

function rankOf(vertex: VertexTrace): number {
  if (isFailed(vertex)) return RANK.failed
  return vertex.state.kind === 'running' ? RANK.running : RANK.done
}

function vertexLine(vertex: VertexTrace, { indent, now }: RowPlace): Line {
  const { symbol, isQuiet } = symbolOf(vertex, now)
  const text = neutralize(parseVertexName(vertex.name).text.replaceAll('\n', ' '))
  const mark = vertex.emulator === undefined ? [] : [span(`⚙ ${vertex.emulator}${shortTwins(vertex)}`, 'yellow'), span('  ')]
  const time = formatDuration(elapsedMs(vertex.state, now)).padStart(6)
  return { left: [span(indent), symbol, span(` ${text}`, isQuiet ? 'dim' : undefined)], right: [...mark, span(time, isQuiet ? 'dim' : undefined)] }
}

/** How much of the step an emulator was spared. */
function shortTwins({ twins }: VertexTrace): string {
  const total = twins === undefined ? 0 : twins.native + twins.emulated
  return twins === undefined || total === 0 ? '' : ` + twins ${Math.floor((100 * twins.native) / total)}%`
}

function symbolOf({ state }: VertexTrace, now: number): { readonly symbol: Span; readonly isQuiet: boolean } {
  if (state.kind !== 'done') return { symbol: spinner(now), isQuiet: false }
  switch (state.outcome.kind) {
    case 'executed':
      return { symbol: span('✔', 'green'), isQuiet: true }
    case 'cached':
      return { symbol: span('✔', 'cyan'), isQuiet: true }
    case 'cancelled':
      return { symbol: span('⊘', 'yellow'), isQuiet: true }
    case 'failed':
      return { symbol: span('✖', 'red'), isQuiet: false }
  }
}

function logLine(text: string, indent: string): Line {
  return { left: [span(`${indent}  │ ${neutralize(text)}`, 'dim')], right: [] }
}

function partLine({ first, last }: PartTrace, indent: string): Line {
  const name = neutralize(`${last.action === '' ? '' : `${last.action} `}${shortId(last.id)}`)
  const speed = speedOf(first, last)
  const bytes = last.totalBytes > 0 ? `${formatBytes(last.currentBytes)} / ${formatBytes(last.totalBytes)}` : last.currentBytes > 0 ? formatBytes(last.currentBytes) : ''
  const bar = last.totalBytes > 0 ? [span(drawBar(last.currentBytes / last.totalBytes), 'cyan'), span(' ')] : []
  return { left: [span(`${indent}    ${name}`, 'dim')], right: [...bar, span(bytes.padStart(17)), span(speed.padStart(10), 'dim')] }
}

/** `sha256:0123456789ab`; anything else as it is. */
function shortId(id: string): string {
  return id.replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, 'sha256:$1')
}

/** Below this, a speed is noise. */
const SHORTEST_MEASURE_MS = 200

function speedOf(first: VertexProgress, last: VertexProgress): string {
  const milliseconds = last.at - first.at
  const bytes = last.currentBytes - first.currentBytes
  return milliseconds < SHORTEST_MEASURE_MS || bytes <= 0 ? '' : `${formatBytes((bytes * 1000) / milliseconds)}/s`
}

const BAR_COLUMNS = 16

function drawBar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_COLUMNS)
  return '━'.repeat(filled) + '╌'.repeat(BAR_COLUMNS - filled)
}
