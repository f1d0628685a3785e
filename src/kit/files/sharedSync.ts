import { syncFolder } from './atomicFile.ts'

/**
 * `syncFolder` for a folder in which many things are renamed at once: each call resolves when what was done before it
 * lasts, and all calls that come while the disk is at work share the next turn.
 */
export function createSharedSync(path: string, sync: (path: string) => Promise<void> = syncFolder): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const start = (): Promise<void> => {
    next = undefined
    const turn = sync(path).finally(() => {
      if (running === turn) running = undefined
    })
    running = turn
    return turn
  }
  return () => (running === undefined ? start() : (next ??= running.then(start, start))) // the one that runs may have begun too early
}
