import type { Digest } from '../../ground/digest.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'

/** How a vertex came to its result in this build. */
export type StepOutcome =
  | { readonly kind: 'cached' }
  /** `emulator` is undefined where it ran natively. */
  | { readonly kind: 'executed'; readonly emulator: string | undefined; readonly twins: OfferedTwins }

/** Native twins of some programs: whether there were any, and whether any process was started natively, by a count that the step itself could write. */
export type OfferedTwins = 'none' | 'unused' | 'used'

/** What a build's own events tell of its steps. */
export interface StepWatch {
  /** Passes all events on. */
  readonly sink: ProgressSink
  /** Undefined of what was not needed. */
  outcomeOf(vertex: Digest): StepOutcome | undefined
}

export function createStepWatch(sink: ProgressSink): StepWatch {
  const emulators = new Map<Digest, string>()
  const twins = new Map<Digest, OfferedTwins>()
  const outcomes = new Map<Digest, StepOutcome>()
  return {
    sink(event) {
      if (event.kind === 'vertex-emulated') emulators.set(event.vertex, event.emulator)
      if (event.kind === 'vertex-twins' && event.why === '') twins.set(event.vertex, event.native === 0 ? 'unused' : 'used')
      if (event.kind === 'vertex-done' && event.outcome.kind === 'cached') outcomes.set(event.vertex, { kind: 'cached' })
      if (event.kind === 'vertex-done' && event.outcome.kind === 'executed') outcomes.set(event.vertex, { kind: 'executed', emulator: emulators.get(event.vertex), twins: twins.get(event.vertex) ?? 'none' })
      sink(event)
    },
    outcomeOf: (vertex) => outcomes.get(vertex),
  }
}
