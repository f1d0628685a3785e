/** What a process has of memory and does not need: most of what work leaves behind is kept for the work to come, which may never come. */
export interface SpareMemory {
  /** All of it. */
  readonly giveBack: () => void
  /** The same where the process has grown enough since the last time. */
  readonly giveBackMuch: () => void
}

export interface SpareMemoryOptions {
  /** Of the whole process, in memory. */
  readonly readBytes: () => number
  /** Gives back what is to spare; resolves when it is with the kernel, and never rejects. */
  readonly clear: () => Promise<void>
}

/** To clear takes some sixty milliseconds of CPU. A large pull leaves twice as much and more, most small builds none. */
const MUCH_BYTES = 24 * 1024 * 1024

export function createSpareMemory({ readBytes, clear }: SpareMemoryOptions): SpareMemory {
  let neededBytes = readBytes()
  const giveBack = (): void => void clear().then(() => (neededBytes = readBytes())) // nobody waits for it
  return {
    giveBack,
    giveBackMuch() {
      if (readBytes() - neededBytes >= MUCH_BYTES) giveBack()
    },
  }
}
