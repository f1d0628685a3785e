import { styleText } from 'node:util'
import type { CommandContext } from '../command.ts'
import { neutralize } from '../render/displayText.ts'
import { drawLine, type Line, type Paint, type Span, span } from '../render/line.ts'
import { formatBytes, formatDuration, formatShortDuration } from '../render/measure.ts'
import { createScreen } from '../render/screen.ts'
import { spinner } from '../render/spinner.ts'
import { isTerminal, sizeOf, usesColor } from '../terminal.ts'
import { createLineSplitter } from './lineSplitter.ts'
import type { TestWatch } from './runPlatform.ts'
import { describeOutcome, isPassed, type TestPlatform, type TestRun } from './testRun.ts'

/** Shows containers while they run, on stderr. Disposing gives the terminal back. */
export interface TestDisplay extends Disposable {
  /** For one run on a platform; `name` tells it from others: `linux/arm64 #2`. */
  watch(on: TestPlatform, name: string): RunWatch
}

export interface RunWatch extends TestWatch {
  ended(run: TestRun): void
}

type DisplayContext = Pick<CommandContext, 'stderr' | 'env' | 'now'>

export function openTestDisplay(platforms: readonly TestPlatform[], context: DisplayContext): TestDisplay {
  return isTerminal(context.stderr, context.env) ? openLiveDisplay(platforms, context) : openPlainDisplay(platforms, context)
}

/** As `platform | line`. */
function openPlainDisplay(platforms: readonly TestPlatform[], { stderr }: DisplayContext): TestDisplay {
  const longest = Math.max(0, ...platforms.map(({ platform }) => platform.length))
  return {
    watch({ platform }, name) {
      const columns = longest + name.length - platform.length
      const tell = (line: string): void => void stderr.write(`${name.padEnd(columns)} | ${neutralize(line)}\n`)
      const lines = createLineSplitter(tell)
      return {
        pulling: () => undefined,
        started: (emulator) => tell(emulator === '' ? '[started]' : `[started, emulated by ${emulator}]`),
        output: (chunk) => lines.push(chunk),
        ended({ outcome, durationMs }) {
          lines.end()
          tell(`[${describeOutcome(outcome, formatDuration)}, ${formatShortDuration(durationMs)}]`)
        },
      }
    },
    [Symbol.dispose]: () => undefined,
  }
}

/** What is known of a platform while its tests run. */
interface Live {
  readonly on: TestPlatform
  state:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'pulling'; readonly text: string }
    | { readonly kind: 'running'; readonly startedAt: number }
    | { readonly kind: 'ended'; readonly run: TestRun }
  name: string
  lastLine: string
}

/** Ten pictures a second, as of builds. */
const FRAME_MS = 100

function openLiveDisplay(platforms: readonly TestPlatform[], { stderr, env, now }: DisplayContext): TestDisplay {
  const paint: Paint = usesColor(stderr, env) ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text
  const rows: readonly Live[] = platforms.map((on) => ({ on, state: { kind: 'waiting' }, name: on.platform, lastLine: '' }))
  const screen = createScreen({
    write: (text) => stderr.write(text),
    get columns() {
      return sizeOf(stderr).columns
    },
  })
  const draw = (): void => {
    const { columns, rows: height } = sizeOf(stderr)
    screen.draw(drawRows(rows, height, now()).map((line) => drawLine(line, columns, paint)))
  }
  const timer = setInterval(draw, FRAME_MS)
  timer.unref()
  return {
    watch: (on, name) => watchLive(rows.find((row) => row.on === on), name, now),
    [Symbol.dispose]() {
      clearInterval(timer)
      draw()
      screen.close()
    },
  }
}

function watchLive(row: Live | undefined, name: string, now: () => number): RunWatch {
  if (row === undefined) throw new TypeError(`${name} is not among the tests`)
  row.name = name
  const lines = createLineSplitter((line) => {
    const shown = neutralize(line).trim()
    if (shown !== '') row.lastLine = shown
  })
  return {
    pulling(currentBytes, totalBytes) {
      row.state = { kind: 'pulling', text: `pulling ${formatBytes(currentBytes)} / ${formatBytes(totalBytes)}` }
    },
    started() {
      row.state = { kind: 'running', startedAt: now() }
    },
    output: (chunk) => lines.push(chunk),
    ended(run) {
      lines.end()
      row.state = { kind: 'ended', run }
    },
  }
}

/** Those that run first, where there is not room for all. */
function drawRows(rows: readonly Live[], height: number, now: number): readonly Line[] {
  const budget = Math.max(1, height - 1)
  const isShown = new Set([...rows].sort((a, b) => rankOf(a) - rankOf(b)).slice(0, budget))
  const columns = Math.max(0, ...rows.map(({ name }) => name.length))
  return rows.filter((row) => isShown.has(row)).map((row) => drawRow(row, columns, now))
}

function rankOf({ state }: Live): number {
  if (state.kind === 'ended') return isPassed(state.run) ? 3 : 0
  return state.kind === 'waiting' ? 2 : 1
}

function drawRow({ on, state, name, lastLine }: Live, columns: number, now: number): Line {
  const mark = on.emulator === '' ? [] : [span(`⚙ ${on.emulator}`, 'yellow'), span('  ')]
  const head = (symbol: Span, text: string): readonly Span[] => [span(' '), symbol, span(` ${name.padEnd(columns)}  ${text}`)]
  switch (state.kind) {
    case 'waiting':
      return { left: head(span('·', 'dim'), 'waiting'), right: mark }
    case 'pulling':
      return { left: head(spinner(now), state.text), right: mark }
    case 'running':
      return { left: [...head(spinner(now), ''), span(lastLine, 'dim')], right: [...mark, span(formatDuration(now - state.startedAt).padStart(6))] }
    case 'ended': {
      const passed = isPassed(state.run)
      return { left: [...head(passed ? span('✔', 'green') : span('✖', 'red'), describeOutcome(state.run.outcome, formatDuration)), span(passed ? '' : `  ${lastLine}`, 'dim')], right: [...mark, span(formatShortDuration(state.run.durationMs).padStart(6))] }
    }
  }
}
