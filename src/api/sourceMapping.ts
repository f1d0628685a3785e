import type { SourceSpan } from '../ground/sourceSpan.ts'
import type { Range, SourceInfo } from './gen/ops_pb.ts'

/** The lines of all ranges together; undefined where there is none. */
export function spanOfMessage({ filename, data }: SourceInfo, ranges: readonly Range[]): SourceSpan | undefined {
  const lines = linesOf(ranges)
  return lines === undefined ? undefined : { source: { filename, text: Buffer.from(data).toString() }, ...lines }
}

/** From the first to the last of them; undefined where there is none. */
export function linesOf(ranges: readonly Range[]): Pick<SourceSpan, 'startLine' | 'endLine'> | undefined {
  if (ranges.length === 0) return undefined
  const starts = ranges.map(({ start }) => start?.line ?? 0)
  const ends = ranges.map(({ start, end }) => Math.max(start?.line ?? 0, end?.line ?? 0))
  return { startLine: Math.min(...starts), endLine: Math.max(...ends) }
}
