import type { Digest } from '../ground/digest.ts'
import type { BuildWarning, ProgressEvent, VertexAnnounced } from './progressEvent.ts'
import type { ProgressSink } from './progressSink.ts'
import { warnOnce } from './warnOnce.ts'

type StepEvent = Exclude<ProgressEvent, BuildWarning | VertexAnnounced>

/**
 * The events of several builds as those of one. A step that several have in common is shown once, as the one that told
 * of it first tells it, and under the name that this one gives it; what several warn of is told once.
 */
export function createSharedEvents(sink: ProgressSink): (teller: string, rename: (name: string) => string) => ProgressSink {
  const announced = new Set<Digest>()
  const tellers = new Map<Digest, string>()
  const warn = warnOnce(sink)

  const announce = (event: VertexAnnounced, rename: (name: string) => string): void => {
    if (announced.has(event.vertex)) return
    announced.add(event.vertex)
    sink({ ...event, name: rename(event.name) })
  }
  const tell = (event: StepEvent, own: string): void => {
    const teller = tellers.get(event.vertex) ?? own
    if (teller !== own) return
    tellers.set(event.vertex, own)
    sink(event)
    if (event.kind === 'vertex-done' && event.outcome.kind === 'cancelled') tellers.delete(event.vertex) // others may go on with it
  }
  return (teller, rename) => (event) => {
    if (event.kind === 'warning') warn(event)
    else if (event.kind === 'vertex-announced') announce(event, rename)
    else tell(event, teller)
  }
}

/** With whose step it is, as buildx writes it: `[app build 2/4] RUN make`. */
export function ownedName(name: string, owner: string): string {
  return name.startsWith('[') ? `[${owner} ${name.slice(1)}` : `[${owner}] ${name}`
}
