/** What is to be cleared away in a store, and nobody need wait for: mounts and folders that are out of use. */
export interface Leftovers {
  /** One `work` after the other, in the order of the calls. What it fails to clear ends with this process. */
  clear(work: () => Promise<void>): void
  /** Resolves when all is cleared that was told by now. */
  settled(): Promise<void>
}

export function createLeftovers(): Leftovers {
  let last: Promise<void> = Promise.resolve()
  return {
    clear: (work) => void (last = last.then(work).catch(() => undefined)),
    settled: () => last,
  }
}
