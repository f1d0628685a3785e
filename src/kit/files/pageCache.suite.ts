import { declare, invoke } from '../syscalls/libc.ts'

const CACHESTAT = declare('syscall', ['long', 'int', 'void *', 'void *', 'uint'], 'long')
const CACHESTAT_NUMBER = 451
const PAGE_BYTES = 4096

export interface CachedFile {
  readonly cachedBytes: number
  /** That nobody has begun to write to the disk. */
  readonly dirtyBytes: number
}

/** What of an open file the kernel has in memory; undefined where it does not tell. */
export function readCached(fd: number): CachedFile | undefined {
  const [range, stat] = [Buffer.alloc(16), Buffer.alloc(40)]
  if (invoke(CACHESTAT, [CACHESTAT_NUMBER, fd, range, stat, 0]) !== 0) return undefined
  return { cachedBytes: Number(stat.readBigUInt64LE(0)) * PAGE_BYTES, dirtyBytes: Number(stat.readBigUInt64LE(8)) * PAGE_BYTES }
}
