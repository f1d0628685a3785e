import type { SourceSpan, SourceText } from '../../../ground/sourceSpan.ts'

/** A part of a source text, by offsets in its UTF-16 units; the end is exclusive. */
export interface SourceRange {
  readonly source: SourceText
  readonly start: number
  readonly end: number
}

/** Counted from 1. Columns are what a reader sees as characters. */
export interface SourcePosition {
  readonly line: number
  readonly column: number
}

export function rangeBetween(first: SourceRange, last: SourceRange): SourceRange {
  return { source: first.source, start: first.start, end: Math.max(first.start, last.end) }
}

export function positionAt({ text }: SourceText, offset: number): SourcePosition {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  return { line, column: 1 + countCharacters(before.slice(lineStart)) }
}

function countCharacters(text: string): number {
   
  return /^[\x00-\x7f]*$/.test(text) ? text.length : [...new Intl.Segmenter().segment(text)].length
}

/** `docker-bake.hcl:3,5-9`, or with two lines `docker-bake.hcl:3,5-4,2`: as HCL writes it. */
export function formatRange(range: SourceRange): string {
  const start = positionAt(range.source, range.start)
  const end = positionAt(range.source, range.end)
  const to = start.line === end.line ? `${end.column}` : `${end.line},${end.column}`
  return `${range.source.filename}:${start.line},${start.column}-${to}`
}

export function spanOf(range: SourceRange): SourceSpan {
  const lastCharacter = Math.max(range.start, range.end - 1)
  return { source: range.source, startLine: positionAt(range.source, range.start).line, endLine: positionAt(range.source, lastCharacter).line }
}
