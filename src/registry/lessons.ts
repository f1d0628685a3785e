/** What an answer of a registry taught of it. Nothing is ever told from a registry's name. */
export type Lesson =
  /** Of a repository: it refuses attestations, but takes the rest of their image. */
  | 'refuses-attestations'
  /** Of a repository: it refuses OCI's media types, but takes Docker's. */
  | 'refuses-oci-types'
  /** HEAD found something: it is believed where it finds nothing. */
  | 'manifest-head-works'
  | 'blob-head-works'
  /** HEAD found nothing, and GET neither. */
  | 'blob-head-agrees'
  /** HEAD is refused, or does not find what GET finds. */
  | 'manifest-head-fails'
  | 'blob-head-fails'
  /** `docker-content-digest` was not the digest of what came, which could be had by its real one. */
  | 'wrong-digest-header'
  /** A request for a range is refused. */
  | 'refuses-ranges'
  | 'refuses-mounts'
  /** A blob is taken by PATCH, and not by a PUT with a body. */
  | 'uploads-by-patch'
  /** A blob is taken by one POST, and by nothing else. */
  | 'uploads-by-post'
  /** A body whose length is not told beforehand is refused. */
  | 'refuses-streams'
  /** Something before the registry takes no large requests. */
  | 'uploads-in-chunks'

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
