import { styleText } from 'node:util'
import type { Digest } from '../../ground/digest.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import type { CommandContext } from '../command.ts'
import { ciSystemOf } from '../ci/ciSystem.ts'
import { createOutputGroups } from '../ci/outputGroups.ts'
import { forLog, isReadByRunner, withoutOldCommands } from '../ci/workflowCommand.ts'
import { isTerminal, sizeOf, usesColor } from '../terminal.ts'
import { formatFailedSteps } from './failedSteps.ts'
import { drawFinalFrame, drawLiveFrame, type View } from './frame.ts'
import type { Paint } from './line.ts'
import { createPlainFold } from './plain.ts'
import type { ProgressMode } from './progressMode.ts'
import { createRawJsonFold } from './rawJson.ts'
import { createScreen } from './screen.ts'
import { createTraceFold, timeByPlatform, type PlatformTime, type Trace, type TraceFold } from './trace.ts'
import { formatWarnings } from './warnings.ts'

/** Shows a build on stderr while it runs. Disposing draws its end and gives the terminal back. */
export interface Display extends Disposable {
  readonly sink: ProgressSink
  /** What was spent on each platform so far. */
  times(): ReadonlyMap<string, PlatformTime>
  /** The vertices there were so far. */
  known(): ReadonlySet<Digest>
  /** All that is known of the build so far; it grows. */
  readonly trace: Trace
}

type DisplayContext = Pick<CommandContext, 'stderr' | 'env' | 'now' | 'isDebug'>

/** Ten pictures a second: more is flicker, and work the build could do. */
const FRAME_MS = 100

export function openDisplay(mode: ProgressMode, context: DisplayContext): Display {
  switch (mode) {
    case 'auto':
      return isTerminal(context.stderr, context.env) ? openTtyDisplay(context) : openPlainDisplay(context)
    case 'tty':
      return openTtyDisplay(context)
    case 'plain':
      return openPlainDisplay(context)
    case 'rawjson':
      return openRawJsonDisplay(context)
    case 'quiet':
      return openQuietDisplay(context)
    case 'none':
      return openSilentDisplay()
  }
}

function openSilentDisplay(): Display {
  const fold = createTraceFold()
  return { sink: fold.apply, ...statisticsOf(fold), [Symbol.dispose]: () => undefined }
}

/** Says nothing but, of a step that failed, what it had to say last. */
function openQuietDisplay({ stderr, env }: DisplayContext): Display {
  const fold = createTraceFold()
  return {
    sink: fold.apply,
    ...statisticsOf(fold),
    [Symbol.dispose]() {
      for (const line of formatFailedSteps(fold.trace, { isColor: usesColor(stderr, env) })) stderr.write(`${forLog(line, env)}\n`)
    },
  }
}

function statisticsOf({ trace }: TraceFold): Pick<Display, 'times' | 'known' | 'trace'> {
  return { trace, times: () => timeByPlatform(trace), known: () => new Set(trace.vertices.map(({ digest }) => digest)) }
}

function openTtyDisplay({ stderr, env, now, isDebug }: DisplayContext): Display {
  const fold = createTraceFold()
  const isColor = usesColor(stderr, env)
  const paint: Paint = isColor ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text
  const view = (): View => ({ ...sizeOf(stderr), now: now(), paint })
  const screen = createScreen({
    write: (text) => stderr.write(text),
    get columns() {
      return sizeOf(stderr).columns
    },
  })
  const timer = setInterval(() => {
    screen.draw(drawLiveFrame(fold.trace, view()))
  }, FRAME_MS)
  timer.unref()
  return {
    sink: fold.apply,
    ...statisticsOf(fold),
    [Symbol.dispose]() {
      clearInterval(timer)
      const ending = [...formatWarnings(fold.trace.warnings, { isDebug, paint }), ...formatFailedSteps(fold.trace, { isColor })]
      if (fold.trace.vertices.length > 0) screen.draw([...drawFinalFrame(fold.trace, view())])
      screen.close()
      for (const line of ending) stderr.write(`${forLog(line, env)}\n`)
    },
  }
}

/** How often steps that wait to speak are looked at when nothing happens. */
const PLAIN_TICK_MS = 1000

function openPlainDisplay({ stderr, env, now, isDebug }: DisplayContext): Display {
  const ci = ciSystemOf(env)
  const plain = createPlainFold({ isColor: (env['NO_COLOR'] ?? '') === '', isDebug, ...(ci === undefined ? {} : { groups: createOutputGroups(ci) }) })
  const fold = createTraceFold()
  const write = (text: string): void => {
    if (text !== '') stderr.write(isReadByRunner(env) ? withoutOldCommands(text) : text) // its lines begin with the step's number
  }
  const timer = setInterval(() => {
    write(plain.tick(now()))
  }, PLAIN_TICK_MS)
  timer.unref()
  return {
    sink(event) {
      fold.apply(event)
      write(plain.apply(event))
    },
    ...statisticsOf(fold),
    [Symbol.dispose]() {
      clearInterval(timer)
      write(plain.drain())
      write(forLog(plain.ending(), env))
    },
  }
}

function openRawJsonDisplay({ stderr }: DisplayContext): Display {
  const raw = createRawJsonFold()
  const fold = createTraceFold()
  return {
    sink(event) {
      fold.apply(event)
      stderr.write(raw.apply(event))
    },
    ...statisticsOf(fold),
    [Symbol.dispose]: () => undefined,
  }
}
