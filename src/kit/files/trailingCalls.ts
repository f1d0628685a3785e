/** Calls of the kernel about a file's bytes, made behind whoever reads or writes it from its start on. Nobody waits for them, but to close the file. */
export interface TrailingCalls extends AsyncDisposable {
  /** The file was read, or written, up to there. Takes no time. */
  note(bytes: number): void
}

/** One call at a time, of which each is about at least `stepBytes`. `call` never rejects. */
export function createTrailingCalls(stepBytes: number, call: (start: number, sizeBytes: number) => Promise<unknown>): TrailingCalls {
  let calledBytes = 0
  let current: Promise<void> | undefined
  return {
    note(bytes) {
      const sizeBytes = bytes - calledBytes
      if (current !== undefined || sizeBytes < stepBytes) return
      current = call(calledBytes, sizeBytes).then(() => void (current = undefined))
      calledBytes = bytes
    },
    async [Symbol.asyncDispose]() {
      await current
    },
  }
}

/** Where there is nothing to call. */
export const NO_TRAILING_CALLS: TrailingCalls = { note: () => undefined, [Symbol.asyncDispose]: async () => undefined }
