import type { SourceSpan } from '../ground/sourceSpan.ts'
import type { Range, SourceInfo } from './gen/ops_pb.ts'

/** The lines of all ranges together; undefined where there is none. */
export function spanOfMessage({ filename, data }: SourceInfo, ranges: readonly Range[]): SourceSpan | undefined {
  if (ranges.length === 0) return undefined
  const starts = ranges.map(({ start }) => start?.line ?? 0)
  const ends = ranges.map(({ start, end }) => Math.max(start?.line ?? 0, end?.line ?? 0))
  return { source: { filename, text: Buffer.from(data).toString() }, startLine: Math.min(...starts), endLine: Math.max(...ends) }
}
