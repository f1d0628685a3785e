import type { VisitPlace } from '../tree/pathWalk.ts'

/**
 * Notes what a judgement depended on: the places that were looked at, each with a slash in front, and the names by which
 * libraries were asked for wherever they are, each with `~` in front. As long as none of them changes, neither does what was found.
 */
export interface LookupLog {
  readonly note: VisitPlace
  /** What `work` looked at. Where one is inside another, the outer one has looked at it too. */
  watch<T>(work: () => T): Watched<T>
}

export interface Watched<T> {
  readonly result: T
  readonly lookups: ReadonlySet<string>
}

export function createLookupLog(): LookupLog {
  let current = new Set<string>()
  return {
    note: (place) => void current.add(place),
    watch(work) {
      const outer = current
      current = new Set()
      const lookups = current
      const result = work()
      current = outer
      for (const place of lookups) outer.add(place)
      return { result, lookups }
    },
  }
}

/** For where nobody wants to know. */
export const NO_LOG: LookupLog = { note: () => undefined, watch: (work) => ({ result: work(), lookups: NONE }) }

const NONE: ReadonlySet<string> = new Set()
