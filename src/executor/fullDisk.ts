import { statfs } from 'node:fs/promises'

/** A program that wants to write is seldom content with less. */
const FULL_BELOW_BYTES = 64 * 1024

/** What to do about a step that failed while the disk of `folder` is full, which may well be why; undefined where it is not. */
export async function fullDiskHint(folder: string): Promise<string | undefined> {
  const { bavail, bsize, files, ffree } = await statfs(folder)
  const hasFiles = files === 0 || ffree > 0 // 0 of 0: the file system does not count them
  if (bavail * bsize >= FULL_BELOW_BYTES && hasFiles) return undefined
  return `there is no space left for the store in ${JSON.stringify(folder)}: free some: pelago prune; or put the store elsewhere: PELAGO_ROOT`
}
