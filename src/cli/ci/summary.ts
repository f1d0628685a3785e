import { formatSpan } from '../../ground/sourceSpan.ts'
import { BuildError } from '../../ground/errors.ts'
import type { PlatformOutcome } from '../build/buildOutcome.ts'
import { spanOf } from '../errorSpan.ts'
import { neutralize } from '../render/displayText.ts'
import { formatBytes, formatDuration } from '../render/measure.ts'
import { isFailed, timeByPlatform, type PlatformTime, type Trace, type VertexTrace } from '../render/trace.ts'

/** One image that was built. */
export interface SummaryImage {
  /** What it is called: its names, or the target's. */
  readonly title: string
  readonly digest: string | undefined
  readonly platforms: readonly PlatformOutcome[]
}

export type SummaryEnd = { readonly kind: 'built'; readonly images: readonly SummaryImage[] } | { readonly kind: 'failed'; readonly title: string; readonly error: unknown }

/** Of warnings and of failed steps, so many are told: a summary has its bounds (GitHub takes 1 MiB). */
const SHOWN = 50
const MAX_LINE = 400

/** What a build came to, as Markdown: images by platform with size and time, what came from the cache, warnings; or why it failed. */
export function formatSummaryMarkdown(end: SummaryEnd, trace: Trace): string {
  const times = timeByPlatform(trace)
  const body = end.kind === 'built' ? end.images.flatMap((image) => imageLines(image, times)) : failureLines(end, trace)
  return [...body, '', stepsLine(trace), ...warningLines(trace), ''].join('\n')
}

function imageLines({ title, digest, platforms }: SummaryImage, times: ReadonlyMap<string, PlatformTime>): readonly string[] {
  const heading = [`### Built ${code(title)}`, '']
  const rows = platforms.map((platform) => `| ${platform.platform} | ${code(platform.digest)} | ${formatBytes(platform.sizeBytes)} | ${timeCell(times.get(platform.platform))} |`)
  const table = rows.length === 0 ? [] : ['| platform | digest | size | steps |', '|---|---|---:|---|', ...rows]
  return [...heading, ...(digest === undefined ? [] : [`Digest ${code(digest)}`, '']), ...table, '']
}

function timeCell(time: PlatformTime | undefined): string {
  if (time === undefined) return 'none were run'
  const parts = [...(time.nativeMs > 0 ? [`native ${formatDuration(time.nativeMs)}`] : []), ...(time.emulatedMs > 0 ? [`**emulated** ${formatDuration(time.emulatedMs)}`] : [])]
  return parts.length === 0 ? 'none were run' : parts.join(', ')
}

function stepsLine({ vertices }: Trace): string {
  const done = vertices.flatMap(({ state }) => (state.kind === 'done' ? [state.outcome.kind] : []))
  const cached = done.filter((kind) => kind === 'cached').length
  const share = done.length === 0 ? '' : ` (${Math.round((100 * cached) / done.length)} %)`
  return `${done.length} ${done.length === 1 ? 'step' : 'steps'}, ${cached} from the cache${share}.`
}

function warningLines({ warnings }: Trace): readonly string[] {
  if (warnings.length === 0) return []
  const rows = warnings.slice(0, SHOWN).map(({ message, span }) => `- ${span === undefined ? '' : `${code(`${span.source.filename}:${span.startLine}`)} `}${plain(message)}`)
  const more = warnings.length > SHOWN ? [`- and ${warnings.length - SHOWN} more`] : []
  return ['', `<details><summary>${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}</summary>`, '', ...rows, ...more, '', '</details>']
}

function failureLines({ title, error }: Extract<SummaryEnd, { kind: 'failed' }>, { vertices }: Trace): readonly string[] {
  const message = error instanceof Error ? error.message : String(error)
  const span = error instanceof Error ? spanOf(error) : undefined
  const hint = error instanceof BuildError && error.hint !== undefined ? [`Hint: ${plain(error.hint)}`] : []
  const failed = vertices.filter((vertex) => isFailed(vertex) && vertex.tail.length > 0).slice(0, SHOWN)
  return [`### Failed: ${code(title)}`, '', ...fenced(message), ...(span === undefined ? [] : fenced(formatSpan(span))), ...hint, ...failed.flatMap(outputLines)]
}

function outputLines({ name, tail }: VertexTrace): readonly string[] {
  return ['', `Last output of ${code(name)}:`, '', ...fenced(tail.join('\n'))]
}

/** A fence longer than any that stands in the text. */
function fenced(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => neutralize(line).slice(0, MAX_LINE))
  const fence = '`'.repeat(Math.max(3, ...lines.map((line) => longestRun(line) + 1)))
  return [fence, ...lines, fence, '']
}

/** As code in one line, where nothing is markup; in a table, `|` needs its backslash there too. */
function code(text: string): string {
  const clean = neutralize(text).slice(0, MAX_LINE)
  const fence = '`'.repeat(longestRun(clean) + 1)
  const padding = clean.startsWith('`') || clean.endsWith('`') ? ' ' : ''
  return `${fence}${padding}${clean.replaceAll('|', '\\|')}${padding}${fence}`
}

function plain(text: string): string {
  return neutralize(text).slice(0, MAX_LINE).replace(/[\\`*_[\]<>|#~&]/g, (mark) => `\\${mark}`)
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}
