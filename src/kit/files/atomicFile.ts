import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface AtomicFileOptions {
  /** Permission bits, whatever the umask. */
  readonly mode: number
  /** That a crash of the machine may lose it, or leave other bytes, which whoever reads it finds out. */
  readonly mayBeLost?: boolean
}

/**
 * Puts `bytes` at `path`, in place of what may be there: whoever reads it sees the old content or the new one, after a
 * crash of the machine too, unless `mayBeLost`. The folder must exist.
 */
export async function writeFileAtomically(path: string, bytes: Uint8Array | string, options: AtomicFileOptions): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`)
  try {
    await writeNew(temporary, bytes, options)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  if (options.mayBeLost !== true) await syncFolder(dirname(path))
}

async function writeNew(path: string, bytes: Uint8Array | string, { mode, mayBeLost }: AtomicFileOptions): Promise<void> {
  await using file = await open(path, 'wx', mode)
  await file.chmod(mode)
  await file.writeFile(bytes)
  if (mayBeLost !== true) await file.sync()
}

/** Makes renames into and out of `path` last through a crash of the machine. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}
