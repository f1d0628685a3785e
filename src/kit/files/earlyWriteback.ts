import { areThere, declare, invokeAsync } from '../syscalls/libc.ts'

const SYNC_FILE_RANGE = declare('sync_file_range', ['int', 'int64_t', 'int64_t', 'uint'])
const SYNC_FILE_RANGE_WRITE = 2

/** What is shorter is on the disk in a moment. */
const STEP_BYTES = 8 * 1024 * 1024

/**
 * Has the kernel bring what is written to a file to the disk while more is written, which it else begins half a minute
 * later: so who syncs the file at its end does not wait for all of it, and a file of gigabytes does not fill memory with
 * pages that cannot be given up. It is no sync: whether it went well is told by that alone.
 */
export interface EarlyWriteback extends AsyncDisposable {
  /** The file has so many bytes, from its start on. Takes no time. */
  note(sizeBytes: number): void
}

/** Of an open file, which is to be closed once this is disposed of. */
export function createEarlyWriteback(fd: number): EarlyWriteback {
  const isThere = areThere([SYNC_FILE_RANGE])
  let begunBytes = 0
  let current: Promise<unknown> | undefined
  const write = async (start: number, end: number): Promise<void> => {
    await invokeAsync(SYNC_FILE_RANGE, [fd, start, end - start, SYNC_FILE_RANGE_WRITE])
    current = undefined
  }
  return {
    note(sizeBytes) {
      if (!isThere || current !== undefined || sizeBytes - begunBytes < STEP_BYTES) return
      current = write(begunBytes, sizeBytes)
      begunBytes = sizeBytes
    },
    async [Symbol.asyncDispose]() {
      await current
    },
  }
}
