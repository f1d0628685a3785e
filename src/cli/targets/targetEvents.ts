import type { Digest } from '../../ground/digest.ts'
import { formatSpan } from '../../ground/sourceSpan.ts'
import type { BuildWarning, ProgressEvent } from '../../progress/progressEvent.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'

type VertexEvent = Exclude<ProgressEvent, BuildWarning>

/**
 * The events of several targets as those of one build. A step that several have in common is shown once, as the one
 * that told of it first tells it; names say whose they are, as buildx writes them: `[app build 2/4] RUN make`.
 */
export function createTargetEvents(sink: ProgressSink): (target: string) => ProgressSink {
  const announced = new Set<Digest>()
  const tellers = new Map<Digest, string>()
  const warnings = new Set<string>()

  const announce = (event: Extract<VertexEvent, { readonly kind: 'vertex-announced' }>, target: string): void => {
    if (announced.has(event.vertex)) return
    announced.add(event.vertex)
    sink({ ...event, name: withTarget(event.name, target) })
  }
  const tell = (event: Exclude<VertexEvent, { readonly kind: 'vertex-announced' }>, target: string): void => {
    const teller = tellers.get(event.vertex) ?? target
    if (teller !== target) return
    tellers.set(event.vertex, target)
    sink(event)
    if (event.kind === 'vertex-done' && event.outcome.kind === 'cancelled') tellers.delete(event.vertex) // others may go on with it
  }
  const warn = (warning: BuildWarning): void => {
    const key = [warning.message, warning.span === undefined ? '' : formatSpan(warning.span)].join('\0')
    if (warnings.has(key)) return
    warnings.add(key)
    sink(warning)
  }
  return (target) => (event) => {
    if (event.kind === 'warning') warn(event)
    else if (event.kind === 'vertex-announced') announce(event, target)
    else tell(event, target)
  }
}

export function withTarget(name: string, target: string): string {
  return name.startsWith('[') ? `[${target} ${name.slice(1)}` : `[${target}] ${name}`
}
