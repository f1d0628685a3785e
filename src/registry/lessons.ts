/** What an answer of a registry taught of it. Nothing is ever told from a registry's name. */
export type Lesson =
  /** Of a repository: it refuses attestations, but takes the rest of their image. */
  | 'refuses-attestations'
  /** Of a repository: it refuses OCI's media types, but takes Docker's. */
  | 'refuses-oci-types'

/** Kept as long as the process lives, so that what was learned once is not tried again. `where` is a host, or host and repository. */
export interface Lessons {
  has(where: string, lesson: Lesson): boolean
  learn(where: string, lesson: Lesson): void
}

export function createLessons(): Lessons {
  const learned = new Map<string, Set<Lesson>>()
  return {
    has: (where, lesson) => learned.get(where)?.has(lesson) === true,
    learn(where, lesson) {
      const known = learned.get(where) ?? new Set()
      learned.set(where, known.add(lesson))
    },
  }
}
