import type { ProgressSink } from '../../progress/progressSink.ts'
import { createSharedEvents, ownedName } from '../../progress/sharedEvents.ts'

/** The events of several targets as those of one build; names say whose they are. */
export function createTargetEvents(sink: ProgressSink): (target: string) => ProgressSink {
  const shared = createSharedEvents(sink)
  return (target) => shared(target, (name) => ownedName(name, target))
}
