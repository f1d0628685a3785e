import type { Digest } from '../../ground/digest.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { Location, Source } from '../gen/ops_pb.ts'
import { linesOf } from '../sourceMapping.ts'

/** Where the vertices of a definition are from, by its source map. */
export type DefinitionSpans = (vertex: Digest) => SourceSpan | undefined

/** Of each vertex the first place. What points nowhere is left out, for it is but a help. */
export function readSpans(source: Source | undefined): DefinitionSpans {
  if (source === undefined) return () => undefined
  const texts = source.infos.map(({ filename, data }) => ({ filename, text: Buffer.from(data).toString() }))
  const spanOf = ({ sourceIndex, ranges }: Location): SourceSpan | undefined => {
    const [text, lines] = [texts[sourceIndex], linesOf(ranges)]
    return text === undefined || lines === undefined ? undefined : { source: text, ...lines }
  }
  return (vertex) => (source.locations[vertex]?.locations ?? []).map(spanOf).find((span) => span !== undefined)
}
