import type { Digest } from '../../ground/digest.ts'
import { createLogLines, type LogLines } from '../../progress/logLines.ts'
import type { ProgressEvent, VertexLog, VertexOutcome, VertexProgress, VertexTwins } from '../../progress/progressEvent.ts'
import { formatTwinUse } from '../../progress/twinText.ts'
import { neutralize, neutralizeKeepingColor } from './displayText.ts'
import { formatFailedSteps } from './failedSteps.ts'
import { formatBytes } from './measure.ts'
import { createTraceFold, elapsedMs, parseVertexName } from './trace.ts'
import { formatWarnings } from './warnings.ts'

/**
 * Progress as lines that stay, as BuildKit writes them: `#5 [linux/arm64 2/4] RUN make`, `#5 0.312 output`, `#5 DONE 1.2s`.
 * One step has the floor at a time; what others say waits until it ends or has spoken for long, so that output of
 * parallel steps comes in readable pieces. Nothing is left out and steps keep their numbers.
 */
export interface PlainFold {
  /** What is to be written now; '' is nothing. */
  readonly apply: (event: ProgressEvent) => string
  /** Lets those who waited for long speak, when no event comes. */
  tick(now: number): string
  /** All that still waits. */
  drain(): string
  /** What comes after the end: warnings and the output of failed steps. */
  ending(): string
}

/** What makes parts of the log fold: the output of a step between its heading and its end. */
export interface OutputGroups {
  /** The line that begins one; `at` in milliseconds since the epoch. */
  open(name: string, at: number): string
  close(at: number): string
}

const NO_GROUPS: OutputGroups = { open: () => '', close: () => '' }

export interface PlainOptions {
  readonly isColor: boolean
  readonly isDebug?: boolean
  /** Default none. */
  readonly groups?: OutputGroups
}

/** How long a step keeps the floor while others wait. */
const FLOOR_MS = 3000

/** Lines that wait; more, and they come out at once. */
const MAX_WAITING_LINES = 500

/** How often the bytes of a part that moves are said. */
const PART_INTERVAL_MS = 5000

/** Output of the step itself, the last word on it, or a remark. */
interface Line {
  readonly kind: 'output' | 'outcome' | 'remark'
  readonly text: string
}

interface Speaker {
  readonly digest: Digest
  readonly name: string
  readonly number: number
  readonly lines: Readonly<Record<VertexLog['stream'], LogLines>>
  /** When the bytes of each part were last said; Infinity after its end. */
  readonly partsSaidAt: Map<string, number>
  waiting: Line[]
  waitingSince: number
  isDone: boolean
}

export function createPlainFold(options: PlainOptions): PlainFold {
  const fold = createTraceFold()
  const floor = new Floor(options.groups ?? NO_GROUPS)
  const speakers = new Map<Digest, Speaker>()
  const clean = options.isColor ? neutralizeKeepingColor : neutralize

  const speakerOf = (digest: Digest): Speaker => {
    const known = speakers.get(digest)
    if (known !== undefined) return known
    const name = neutralize(fold.vertex(digest)?.name ?? digest)
    const lines = { stdout: createLogLines(), stderr: createLogLines() }
    const speaker = { digest, name, number: speakers.size + 1, lines, partsSaidAt: new Map<string, number>(), waiting: [], waitingSince: 0, isDone: false }
    speakers.set(digest, speaker)
    return speaker
  }
  const elapsed = (digest: Digest, at: number): number => {
    const vertex = fold.vertex(digest)
    return vertex === undefined ? 0 : elapsedMs(vertex.state, at)
  }
  /** Why there are no twins is said once for each platform. */
  const saidWhy = new Set<string>()
  const isNews = ({ vertex, why }: VertexTwins): boolean => {
    const key = `${parseVertexName(fold.vertex(vertex)?.name ?? '').platform ?? ''} ${why}`
    const isKnown = why !== '' && saidWhy.has(key)
    saidWhy.add(key)
    return !isKnown
  }
  const linesOf = (event: ProgressEvent): readonly Line[] | undefined => {
    switch (event.kind) {
      case 'vertex-announced':
      case 'warning':
        return undefined
      case 'vertex-started':
        return []
      case 'vertex-emulated':
        return [remark(`emulated by ${event.emulator}`)]
      case 'vertex-twins':
        return isNews(event) ? [remark(neutralize(formatTwinUse(event)))] : []
      case 'vertex-progress':
        return partLines(speakerOf(event.vertex), event, elapsed(event.vertex, event.at)).map(remark)
      case 'vertex-log': {
        const seconds = (elapsed(event.vertex, event.at) / 1000).toFixed(3)
        return speakerOf(event.vertex).lines[event.stream].push(event.bytes).map((line) => output(`${seconds} ${clean(line)}`))
      }
      case 'vertex-done':
        return [...lastLines(speakerOf(event.vertex), elapsed(event.vertex, event.at), clean).map(output), { kind: 'outcome', text: outcomeLine(event.outcome, elapsed(event.vertex, event.at)) }]
    }
  }
  return {
    apply: (event) => {
      fold.apply(event)
      const lines = linesOf(event)
      if (lines === undefined || event.kind === 'warning') return ''
      return floor.say(speakerOf(event.vertex), lines, event.kind === 'vertex-done', event.at)
    },
    tick: (now) => floor.tick(now),
    drain: () => floor.drain(),
    ending: () => [...formatWarnings(fold.trace.warnings, { isDebug: options.isDebug === true, paint: (_, text) => text }), ...formatFailedSteps(fold.trace, options)].map((line) => `${line}\n`).join(''),
  }
}

function output(text: string): Line {
  return { kind: 'output', text }
}

function remark(text: string): Line {
  return { kind: 'remark', text }
}

/** Who speaks, and who waits for it. */
class Floor {
  readonly #groups: OutputGroups
  #isGroupOpen = false
  #current: Speaker | undefined
  #since = 0
  #isFirst = true
  readonly #queue = new Set<Speaker>()

  constructor(groups: OutputGroups) {
    this.#groups = groups
  }

  say(speaker: Speaker, lines: readonly Line[], isLast: boolean, at: number): string {
    // BuildKit may send the last output with the end, and behind it: it needs no floor any more.
    if (speaker.isDone && !this.#queue.has(speaker)) return numbered(speaker, lines)
    speaker.isDone ||= isLast
    if (this.#current !== undefined && this.#current !== speaker) return this.#wait(speaker, lines, at)
    const text = this.#current === speaker ? '' : this.#enter(speaker, at)
    return text + this.#speak(speaker, lines, at) + (speaker.isDone ? this.#leave(at) : '')
  }

  /** Of the one that has the floor. */
  #speak(speaker: Speaker, lines: readonly Line[], at: number): string {
    return lines.map((line) => this.#group(speaker, line.kind, at) + numbered(speaker, [line])).join('')
  }

  #group({ number, name }: Speaker, kind: Line['kind'], at: number): string {
    if (kind === 'outcome') return this.#closeGroup(at)
    if (kind === 'remark' || this.#isGroupOpen) return ''
    this.#isGroupOpen = true
    return this.#groups.open(`#${number} ${name}: output`, at)
  }

  #closeGroup(at: number): string {
    if (!this.#isGroupOpen) return ''
    this.#isGroupOpen = false
    return this.#groups.close(at)
  }

  tick(now: number): string {
    if (this.#queue.size === 0 || now - this.#since < FLOOR_MS) return ''
    return this.#leave(now)
  }

  drain(): string {
    let text = ''
    while (this.#queue.size > 0) text += this.#leave(this.#since)
    return text + this.#closeGroup(this.#since)
  }

  #wait(speaker: Speaker, lines: readonly Line[], at: number): string {
    speaker.waiting.push(...lines)
    this.#queue.add(speaker)
    const isLong = at - this.#since >= FLOOR_MS || speaker.waiting.length > MAX_WAITING_LINES
    return isLong ? this.#leave(at) : ''
  }

  /** Gives the floor on: all that are done speak out, then the one that has waited longest has it. */
  #leave(at: number): string {
    const left = this.#current
    this.#current = undefined
    let text = this.#closeGroup(at) + (left === undefined || left.isDone ? '' : `#${left.number} ...\n`)
    for (const speaker of [...this.#queue]) {
      if (this.#hasSpeaker()) break
      this.#queue.delete(speaker)
      text += this.#enter(speaker, at) + this.#speak(speaker, speaker.waiting, at)
      speaker.waiting = []
      if (speaker.isDone) this.#current = undefined
    }
    return text
  }

  #hasSpeaker(): boolean {
    return this.#current !== undefined
  }

  #enter(speaker: Speaker, at: number): string {
    const gap = this.#isFirst ? '' : '\n'
    this.#isFirst = false
    this.#current = speaker
    this.#since = at
    return `${gap}#${speaker.number} ${speaker.name}\n`
  }
}

function numbered({ number }: Speaker, lines: readonly Line[]): string {
  return lines.map(({ text }) => `#${number} ${text}\n`).join('')
}

function lastLines(speaker: Speaker, elapsedMilliseconds: number, clean: (line: string) => string): readonly string[] {
  const seconds = (elapsedMilliseconds / 1000).toFixed(3)
  return [...speaker.lines.stdout.flush(), ...speaker.lines.stderr.flush()].map((line) => `${seconds} ${clean(line)}`)
}

function partLines(speaker: Speaker, event: VertexProgress, elapsedMilliseconds: number): readonly string[] {
  if (!isDue(speaker.partsSaidAt, event)) return []
  const what = neutralize(`${event.action === '' ? '' : `${event.action} `}${event.id}`)
  const total = event.totalBytes > 0 ? ` / ${formatBytes(event.totalBytes)}` : ''
  const bytes = event.currentBytes > 0 || event.totalBytes > 0 ? ` ${formatBytes(event.currentBytes)}${total}` : ''
  return [`${what}${bytes} ${seconds(elapsedMilliseconds)}${event.state === 'done' ? ' done' : ''}`]
}

/** A part is spoken of at its end, once, and while it lasts every few seconds; not at its beginning. */
function isDue(saidAt: Map<string, number>, { id, at, state }: VertexProgress): boolean {
  const last = saidAt.get(id) ?? (state === 'done' ? -Infinity : at)
  if (!saidAt.has(id)) saidAt.set(id, last)
  if (last === Infinity || (state === 'running' && at - last < PART_INTERVAL_MS)) return false
  saidAt.set(id, state === 'done' ? Infinity : at)
  return true
}

function outcomeLine(outcome: VertexOutcome, elapsedMilliseconds: number): string {
  switch (outcome.kind) {
    case 'executed':
      return `DONE ${seconds(elapsedMilliseconds)}`
    case 'cached':
      return 'CACHED'
    case 'cancelled':
      return 'CANCELED'
    case 'failed':
      return `ERROR: ${neutralize(outcome.message)}`
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)}s`
}
