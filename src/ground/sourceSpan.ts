/** A text that errors and warnings point into, such as a Dockerfile. */
export interface SourceText {
  /** As the user knows it: `Dockerfile`, `sub/app.Dockerfile`. */
  readonly filename: string
  readonly text: string
}

/** Lines of a source text, counted from 1, both ends inclusive. */
export interface SourceSpan {
  readonly source: SourceText
  readonly startLine: number
  readonly endLine: number
}

/** The lines around a span, each with its number, the culprits marked `>>>`, as BuildKit draws them. */
export function formatSpan({ source, startLine, endLine }: SourceSpan, paddingLines = 2): string {
  const lines = source.text.replace(/\n$/, '').split('\n')
  const first = Math.max(1, startLine - paddingLines)
  const last = Math.min(lines.length, endLine + paddingLines)
  const width = Math.max(4, String(last).length + 1)
  const drawn = lines.slice(first - 1, last).map((line, index) => {
    const number = first + index
    const mark = number >= startLine && number <= endLine ? '>>>' : '   '
    return `${String(number).padStart(width)} | ${mark} ${line.replace(/\r$/, '')}`
  })
  const rule = '-'.repeat(20)
  return [`${source.filename}:${startLine}`, rule, ...drawn, rule].join('\n')
}
