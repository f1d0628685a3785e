import { formatSpan, type SourceSpan } from '../../ground/sourceSpan.ts'
import type { BuildWarning } from '../../progress/progressEvent.ts'
import { neutralize, truncate } from './displayText.ts'
import type { Paint } from './line.ts'

export interface WarningView {
  /** Everything that is known of them, instead of a line or two each. */
  readonly isDebug: boolean
  readonly paint: Paint
}

/** What the build has to say that did not stop it. */
export function formatWarnings(warnings: readonly BuildWarning[], { isDebug, paint }: WarningView): readonly string[] {
  if (warnings.length === 0) return []
  const count = `${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'} found`
  return ['', ` ${paint('yellow', `${count}${isDebug ? '' : ' (use --debug to expand)'}:`)}`, ...warnings.flatMap(isDebug ? expanded : short)]
}

/** Of an instruction over many lines, this many are shown. */
const SHOWN_LINES = 3
const SHOWN_COLUMNS = 100

function short(warning: BuildWarning): readonly string[] {
  const { span } = warning
  return [headline(warning), ...(span === undefined ? [] : culprits(span))]
}

function headline({ message, span }: BuildWarning): string {
  const isPlaced = span === undefined || message.endsWith(` (line ${span.startLine})`)
  return ` - ${neutralize(message)}${isPlaced ? '' : ` (${neutralize(span.source.filename)}:${span.startLine})`}`
}

function culprits({ source, startLine, endLine }: SourceSpan): readonly string[] {
  const lines = source.text.split('\n').slice(startLine - 1, endLine)
  const width = String(startLine + SHOWN_LINES).length
  const shown = lines.slice(0, SHOWN_LINES).map((line, index) => `   ${String(startLine + index).padStart(width)} | ${truncate(neutralize(line), SHOWN_COLUMNS)}`)
  return lines.length > SHOWN_LINES ? [...shown, `   ${' '.repeat(width)} | …`] : shown
}

function expanded(warning: BuildWarning): readonly string[] {
  const { detail, url, span } = warning
  const lines = [...detail, ...(url === undefined ? [] : [`More info: ${url}`]), ...(span === undefined ? [] : formatSpan(span).split('\n'))]
  return [headline(warning), ...lines.map(neutralize), '']
}
