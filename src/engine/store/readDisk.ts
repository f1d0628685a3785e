import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DiskFacts } from '../config/diskSpace.ts'

/** Of the disk that `folder`, which is absolute, is on or will be. */
export async function readDisk(folder: string): Promise<DiskFacts> {
  for (let path = folder; ; path = dirname(path)) {
    const facts = await statfs(path).catch(() => undefined) // not there yet
    if (facts !== undefined) return { totalBytes: facts.blocks * facts.bsize, freeBytes: facts.bavail * facts.bsize }
    if (path === dirname(path)) return { totalBytes: 0, freeBytes: 0 }
  }
}
