import { orAborted } from '../../kit/singleFlight.ts'

/** What was found out for a build is the same for all of that build, though it is asked for more than once. */
export interface PerSession<T> {
  /** Runs `find` once for a session and a key; a failure is not kept. What is under way goes on when the one who began it leaves, but for its own `signal`. */
  once(place: { readonly sessionId: string; readonly key: string }, find: () => Promise<T>, signal: AbortSignal): Promise<T>
  /** What was found out, or is being; undefined where nobody has asked, or what was found is kept no more. */
  known(place: { readonly sessionId: string; readonly key: string }): Promise<T> | undefined
}

/** Builds that run at once, and some. */
const KEPT_SESSIONS = 64

export function createPerSession<T>(): PerSession<T> {
  const sessions = new Map<string, Map<string, Promise<T>>>()

  function entriesOf(sessionId: string): Map<string, Promise<T>> {
    const known = sessions.get(sessionId)
    if (known !== undefined) return known
    const made = new Map<string, Promise<T>>()
    sessions.set(sessionId, made)
    for (const oldest of [...sessions.keys()].slice(0, -KEPT_SESSIONS)) sessions.delete(oldest)
    return made
  }

  return {
    async once({ sessionId, key }, find, signal) {
      const entries = entriesOf(sessionId)
      const known = entries.get(key)
      if (known !== undefined) return await orAborted(known, signal)
      const finding = find()
      entries.set(key, finding)
      finding.catch(() => entries.delete(key))
      return await finding
    },
    known: ({ sessionId, key }) => sessions.get(sessionId)?.get(key),
  }
}
