import { totalmem } from 'node:os'
import { areThere, declare, invokeAsync } from '../syscalls/libc.ts'

const POSIX_FADVISE = declare('posix_fadvise', ['int', 'int64_t', 'int64_t', 'int'])
const POSIX_FADV_DONTNEED = 4

/** What is shorter is given up in a moment. */
const STEP_BYTES = 16 * 1024 * 1024
/** Of memory: a file that takes more does not fit in together with its copy and what is made of that. */
const LARGE_SHARE = 1 / 4

/**
 * Has the kernel give up what was read of a file that is too large to stay in memory whole, as it is read. It would give
 * up what is older, else, which is the rest of that same file or of its copy, soon to be read and then read from the
 * disk. Smaller files stay, and what is not written yet, and what a process has mapped.
 */
export interface DropBehind extends AsyncDisposable {
  /** The file was read from its start up to there, and nobody here reads that again soon. Takes no time. */
  note(readBytes: number): void
}

/** Of an open file of `sizeBytes`, which is to be closed once this is disposed of. */
export function createDropBehind(fd: number, sizeBytes: number): DropBehind {
  const isLarge = sizeBytes > totalmem() * LARGE_SHARE && areThere([POSIX_FADVISE])
  let droppedBytes = 0
  let current: Promise<unknown> | undefined
  const drop = async (start: number, end: number): Promise<void> => {
    await invokeAsync(POSIX_FADVISE, [fd, start, end - start, POSIX_FADV_DONTNEED])
    current = undefined
  }
  return {
    note(readBytes) {
      if (!isLarge || current !== undefined || readBytes - droppedBytes < STEP_BYTES) return
      current = drop(droppedBytes, readBytes)
      droppedBytes = readBytes
    },
    async [Symbol.asyncDispose]() {
      await current
    },
  }
}
