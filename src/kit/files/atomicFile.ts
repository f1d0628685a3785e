import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface AtomicFileOptions {
  /** Permission bits, whatever the umask. */
  readonly mode: number
}

/**
 * Puts `bytes` at `path`, in place of what may be there: whoever reads it sees the old content or the new one, after a
 * crash of the machine too. The folder must exist.
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array | string, options: AtomicFileOptions): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`)
  try {
    await writeDurably(temporary, bytes, options)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

async function writeDurably(path: string, bytes: Uint8Array | string, { mode }: AtomicFileOptions): Promise<void> {
  await using file = await open(path, 'wx', mode)
  await file.chmod(mode)
  await file.writeFile(bytes)
  await file.sync()
}

/** Makes renames into and out of `path` last through a crash of the machine. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}
