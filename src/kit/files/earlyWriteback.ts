import { areThere, declare, invokeAsync } from '../syscalls/libc.ts'
import { createTrailingCalls, NO_TRAILING_CALLS, type TrailingCalls } from './trailingCalls.ts'

const SYNC_FILE_RANGE = declare('sync_file_range', ['int', 'int64_t', 'int64_t', 'uint'])
const SYNC_FILE_RANGE_WRITE = 2

/** What is shorter is on the disk in a moment. */
const STEP_BYTES = 8 * 1024 * 1024

/**
 * Has the kernel bring what is written to an open file to the disk while more is written, which it else begins half a
 * minute later: so who syncs the file at its end does not wait for all of it, and a file of gigabytes does not fill memory
 * with pages that cannot be given up. It is no sync: whether it went well is told by that alone. The file is to be closed
 * once this is disposed of.
 */
export function createEarlyWriteback(fd: number): TrailingCalls {
  if (!areThere([SYNC_FILE_RANGE])) return NO_TRAILING_CALLS
  return createTrailingCalls(STEP_BYTES, async (start, sizeBytes) => await invokeAsync(SYNC_FILE_RANGE, [fd, start, sizeBytes, SYNC_FILE_RANGE_WRITE]))
}
