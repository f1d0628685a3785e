import type { Digest } from '../../ground/digest.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'

/** How a vertex came to its result in this build. */
export type StepOutcome =
  | { readonly kind: 'cached' }
  /** `emulator` is undefined where it ran natively; `hasTwins`, where native twins of some programs were used. */
  | { readonly kind: 'executed'; readonly emulator: string | undefined; readonly hasTwins: boolean }

/** What a build's own events tell of its steps. */
export interface StepWatch {
  /** Passes all events on. */
  readonly sink: ProgressSink
  /** Undefined of what was not needed. */
  outcomeOf(vertex: Digest): StepOutcome | undefined
}

export function createStepWatch(sink: ProgressSink): StepWatch {
  const emulators = new Map<Digest, string>()
  const withTwins = new Set<Digest>()
  const outcomes = new Map<Digest, StepOutcome>()
  return {
    sink(event) {
      if (event.kind === 'vertex-emulated') emulators.set(event.vertex, event.emulator)
      if (event.kind === 'vertex-twins' && event.why === '') withTwins.add(event.vertex)
      if (event.kind === 'vertex-done' && event.outcome.kind === 'cached') outcomes.set(event.vertex, { kind: 'cached' })
      if (event.kind === 'vertex-done' && event.outcome.kind === 'executed') outcomes.set(event.vertex, { kind: 'executed', emulator: emulators.get(event.vertex), hasTwins: withTwins.has(event.vertex) })
      sink(event)
    },
    outcomeOf: (vertex) => outcomes.get(vertex),
  }
}
