import { statfsSync } from 'node:fs'
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

const TMPFS_MAGIC = 0x01021994

/** Why it cannot be seen of files in `folder` whether they leave memory; false where it can. */
export function reasonAgainstDropping(folder: string, fd: number): string | false {
  if (statfsSync(folder).type === TMPFS_MAGIC) return 'files of temporary folders are in memory only'
  return readCached(fd) === undefined && 'the kernel does not tell what of a file is in memory'
}
