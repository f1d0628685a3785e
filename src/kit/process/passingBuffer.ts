/** A quarter of what V8 lets come together outside of its heap before it looks through all of it; what a collection frees is told to it one collection later. */
const COLLECT_EVERY_BYTES = 8 * 1024 * 1024
let takenBytes = 0

/**
 * A buffer, not cleared, for bytes that only pass through. Such buffers are garbage soon, but hardly anything else is
 * made meanwhile that would have the young garbage collected. So that is done here, which takes a millisecond or two,
 * rather than that V8 collects all of it, which takes twenty times as long. In a process that was not started as
 * `frugalNode` has it, it is a buffer like any other.
 */
export function passingBuffer(sizeBytes: number): Buffer {
  notePassing(sizeBytes)
  return Buffer.allocUnsafeSlow(sizeBytes)
}

/** The same for a buffer that somebody else has made, such as what comes over a connection. */
export function notePassing(sizeBytes: number): void {
  takenBytes += sizeBytes
  if (takenBytes < COLLECT_EVERY_BYTES) return
  takenBytes = 0
  globalThis.gc?.({ type: 'minor', execution: 'sync' })
}
