/** A way over a network may be cut without a word: so long it may be silent before the engine is asked for a sign of life, where nothing else is said. */
export const SILENCE_MS = 15_000

/** Silences in a row that are the end. */
const MAX_SILENCES = 3

export interface WatchedLink {
  /** Of the whole connection so far. */
  bytesRead(): number
  /** Whatever the answer is, it is bytes. */
  ask(): void
  /** Called once; nothing has come for `silentMs`. */
  giveUp(silentMs: number): void
}

/**
 * Looks every `silenceMs` whether something has come. Counts looks and not time, so that a machine that slept, or a
 * command that was stopped, asks before it gives up. Bytes of any kind count: what is asked may wait behind a large upload.
 */
export function watchLink(link: WatchedLink, silenceMs: number): Disposable {
  let known = link.bytesRead()
  let silences = 0
  const timer = setInterval(() => {
    const read = link.bytesRead()
    silences = read === known ? silences + 1 : 0
    known = read
    if (silences === MAX_SILENCES) {
      clearInterval(timer)
      link.giveUp(silences * silenceMs)
    } else if (silences > 0) {
      link.ask()
    }
  }, silenceMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
