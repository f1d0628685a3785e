import type { SourceSpan, SourceText } from '../ground/sourceSpan.ts'

/** The place in a source text that an error carries, whichever class it has: it may have come over the wire. */
export function spanOf(error: Error): SourceSpan | undefined {
  if (!('span' in error)) return undefined
  const span: unknown = error.span
  return isSpan(span) ? span : undefined
}

function isSpan(value: unknown): value is SourceSpan {
  if (typeof value !== 'object' || value === null) return false
  if (!('startLine' in value && 'endLine' in value && 'source' in value)) return false
  return typeof value.startLine === 'number' && typeof value.endLine === 'number' && isSource(value.source)
}

function isSource(value: unknown): value is SourceText {
  if (typeof value !== 'object' || value === null || !('filename' in value && 'text' in value)) return false
  return typeof value.filename === 'string' && typeof value.text === 'string'
}
