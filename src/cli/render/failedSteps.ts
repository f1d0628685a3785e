import { neutralizeKeepingColor, neutralize } from './displayText.ts'
import { isFailed, type Trace } from './trace.ts'

/** The last output of each step that failed, between rules. Steps without output are left out: their error says all. */
export function formatFailedSteps(trace: Trace, options: { readonly isColor: boolean }): readonly string[] {
  const clean = options.isColor ? neutralizeKeepingColor : neutralize
  return trace.vertices
    .filter((vertex) => isFailed(vertex) && vertex.tail.length > 0)
    .flatMap((vertex) => ['------', ` > ${neutralize(vertex.name)}:`, ...vertex.tail.map(clean), '------'])
}

/** What the build has to say that did not stop it. */
export function formatWarnings(trace: Trace): readonly string[] {
  const { warnings } = trace
  if (warnings.length === 0) return []
  const lines = warnings.map(({ message, span }) => {
    const place = span === undefined ? '' : ` (${neutralize(span.source.filename)}:${span.startLine})`
    return ` - ${neutralize(message)}${place}`
  })
  return ['', ` ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'} found:`, ...lines]
}
