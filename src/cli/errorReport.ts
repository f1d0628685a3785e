import { BuildError } from '../ground/errors.ts'
import { formatSpan } from '../ground/sourceSpan.ts'
import { spanOf } from './errorSpan.ts'
import { neutralizeLines } from './render/displayText.ts'

export interface ReportOptions {
  readonly isDebug: boolean
  /** The command by which a failed step is entered, which one of several nodes keeps. */
  readonly enterStep: (failedStep: string, node: string | undefined) => string
  readonly paint: (style: 'red' | 'bold' | 'dim', text: string) => string
}

/** What the user reads of an error: the message, the lines it is about, what to do, whoever has written it. A stack only of a bug, or where asked for. */
export function formatErrorReport(error: unknown, { isDebug, paint, enterStep }: ReportOptions): string {
  const label = paint('red', 'ERROR:')
  if (!(error instanceof BuildError)) return formatBug(error, isDebug, label)
  const span = spanOf(error)
  const parts = [
    `${label} ${neutralizeLines(error.message)}`,
    ...(span === undefined ? [] : [neutralizeLines(formatSpan(span))]),
    ...(error.hint === undefined ? [] : [`${paint('bold', 'hint:')} ${neutralizeLines(error.hint)}`]),
    ...textIn(error, 'failedStep').map((step) => `${paint('bold', 'hint:')} look into the step as it failed: ${enterStep(step, textIn(error, 'failedNode')[0])}`),
    ...(isDebug ? [paint('dim', describeCauses(error))] : []),
  ]
  return `${parts.join('\n')}\n`
}

/** A field of the error, whichever class it has: it may have come over the wire. Empty where there is none. */
function textIn(error: Error, field: 'failedStep' | 'failedNode'): readonly string[] {
  const value: unknown = field in error ? Reflect.get(error, field) : undefined
  return typeof value === 'string' && value !== '' ? [value] : []
}

function formatBug(error: unknown, isDebug: boolean, label: string): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const advice = isDebug ? '' : '; run it again with --debug for the stack'
  const stack = isDebug && error instanceof Error ? `\n${describeCauses(error)}` : ''
  return `${label} ${message}\nThis is a bug in Pelago. Please report it with the command that led here${advice}.${stack}\n`
}

function describeCauses(error: Error): string {
  const stack = error.stack ?? error.message
  return error.cause instanceof Error ? `${stack}\ncaused by: ${describeCauses(error.cause)}` : stack
}
