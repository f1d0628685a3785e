import { digestOf, type Digest } from '../../ground/digest.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { ownedName } from '../../progress/sharedEvents.ts'

/** What one node tells of a build, on its way to where the events of all nodes go. */
export interface NodeEvents {
  readonly sink: ProgressSink
  /** Ends what was going on there, of which no more will be heard. */
  lost(at: number): void
}

/**
 * Names say the node. Engines call equal steps by equal digests; on two nodes they are two steps, with a line each, so
 * digests are made the node's own.
 */
export function createNodeEvents(node: string, sink: ProgressSink): NodeEvents {
  const running = new Set<Digest>()
  const own = (vertex: Digest): Digest => digestOf(`${node}\0${vertex}`)
  const follow = (event: ProgressEvent): void => {
    if (event.kind === 'vertex-started') running.add(event.vertex)
    if (event.kind === 'vertex-done') running.delete(event.vertex)
    sink(event)
  }
  return {
    sink(event) {
      if (event.kind === 'warning') follow({ ...event, vertex: event.vertex === undefined ? undefined : own(event.vertex) })
      else if (event.kind === 'vertex-announced') follow({ ...event, vertex: own(event.vertex), name: ownedName(event.name, node), inputs: event.inputs.map(own) })
      else follow({ ...event, vertex: own(event.vertex) })
    },
    lost(at) {
      for (const vertex of running) sink({ kind: 'vertex-done', vertex, at, outcome: { kind: 'cancelled' } })
      running.clear()
    },
  }
}
