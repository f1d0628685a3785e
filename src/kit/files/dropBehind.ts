import { totalmem } from 'node:os'
import { areThere, declare, invokeAsync } from '../syscalls/libc.ts'
import { createTrailingCalls, NO_TRAILING_CALLS, type TrailingCalls } from './trailingCalls.ts'

const POSIX_FADVISE = declare('posix_fadvise', ['int', 'int64_t', 'int64_t', 'int'])
const POSIX_FADV_DONTNEED = 4

/** What is shorter is given up in a moment. */
const STEP_BYTES = 16 * 1024 * 1024
/** Of memory: a file that takes more does not fit in together with its copy and what is made of that. */
const LARGE_SHARE = 1 / 4

/**
 * Has the kernel give up what was read of an open file of `sizeBytes` that is too large to stay in memory whole, as it is
 * read; to be told only of what nobody here reads again soon. It would give up what is older, else, which is the rest of
 * that same file or of its copy, soon to be read and then read from the disk. Smaller files stay, and what is not written
 * yet, and what a process has mapped. The file is to be closed once this is disposed of.
 */
export function createDropBehind(fd: number, sizeBytes: number): TrailingCalls {
  if (sizeBytes <= totalmem() * LARGE_SHARE || !areThere([POSIX_FADVISE])) return NO_TRAILING_CALLS
  return createTrailingCalls(STEP_BYTES, async (start, readBytes) => await invokeAsync(POSIX_FADVISE, [fd, start, readBytes, POSIX_FADV_DONTNEED]))
}
