import { neutralizeKeepingColor, neutralize } from './displayText.ts'
import { isFailed, type Trace } from './trace.ts'

/** The last output of each step that failed, between rules. Steps without output are left out: their error says all. */
export function formatFailedSteps(trace: Trace, options: { readonly isColor: boolean }): readonly string[] {
  const clean = options.isColor ? neutralizeKeepingColor : neutralize
  return trace.vertices
    .filter((vertex) => isFailed(vertex) && vertex.tail.length > 0)
    .flatMap((vertex) => ['------', ` > ${neutralize(vertex.name)}:`, ...vertex.tail.map(clean), '------'])
}
