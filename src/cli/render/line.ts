import { columnsOf, truncate } from './displayText.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export interface Span {
  readonly text: string
  readonly style: Style | undefined
}

/** One line of the screen: what stands at its left edge, and what at its right one. */
export interface Line {
  readonly left: readonly Span[]
  readonly right: readonly Span[]
}

export type Paint = (style: Style, text: string) => string

export function span(text: string, style?: Style): Span {
  return { text, style }
}

/** Fewest columns the left half keeps; where there are less, the right half goes. */
const LEFT_COLUMNS = 24

/** `line` in at most `columns`; the left half is cut before the right one. */
export function drawLine(line: Line, columns: number, paint: Paint): string {
  const rightColumns = columnsOfSpans(line.right)
  const hasRight = rightColumns > 0 && columns - rightColumns - 1 >= Math.min(LEFT_COLUMNS, columnsOfSpans(line.left))
  const leftColumns = hasRight ? columns - rightColumns - 1 : columns
  const left = cutSpans(line.left, leftColumns)
  const drawn = left.map((part) => drawSpan(part, paint)).join('')
  if (!hasRight) return drawn
  const gap = ' '.repeat(leftColumns - columnsOfSpans(left) + 1)
  return `${drawn}${gap}${line.right.map((part) => drawSpan(part, paint)).join('')}`
}

function columnsOfSpans(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + columnsOf(text), 0)
}

function cutSpans(spans: readonly Span[], columns: number): readonly Span[] {
  const kept: Span[] = []
  let free = columns
  for (const { text, style } of spans) {
    const cut = truncate(text, free)
    if (cut !== '') kept.push({ text: cut, style })
    free -= columnsOf(cut)
    if (cut !== text) break
  }
  return kept
}

function drawSpan({ text, style }: Span, paint: Paint): string {
  return style === undefined ? text : paint(style, text)
}
