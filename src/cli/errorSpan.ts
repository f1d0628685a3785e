import type { SourceSpan } from '../ground/sourceSpan.ts'

/** The place in a source text that an error carries, whichever class it has: it may have come over the wire. */
export function spanOf(error: Error): SourceSpan | undefined {
  if (!('span' in error)) return undefined
  const span: unknown = error.span
  return isSpan(span) ? span : undefined
}

function isSpan(value: unknown): value is SourceSpan {
  if (typeof value !== 'object' || value === null) return false
  if (!('startLine' in value && 'endLine' in value && 'source' in value)) return false
  const { source, startLine, endLine } = value
  if (typeof source !== 'object' || source === null || !('filename' in source && 'text' in source)) return false
  return typeof startLine === 'number' && typeof endLine === 'number' && typeof source.filename === 'string' && typeof source.text === 'string'
}
