import { open } from 'node:fs/promises'
import { homedir } from 'node:os'
import type { ProjectFiles } from '../../project/compose/projectFiles.ts'
import { collectBounded } from '../collectBounded.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** Larger than any that people write. */
const MOST_BYTES = 16 * 1024 * 1024

const NOT_THERE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/** The files of this machine. Standard input is read once, and says the same whenever it is asked for. */
export function createDiskProjectFiles({ env, openStdin }: Pick<CommandContext, 'env' | 'openStdin'>): ProjectFiles {
  let stdin: Promise<string> | undefined
  const readStdin = async (): Promise<string> => Buffer.from(await collectBounded(openStdin(), MOST_BYTES, 'the Compose file on stdin')).toString()
  return {
    home: env['HOME'] ?? homedir(),
    async readText(path, signal) {
      signal.throwIfAborted()
      return path === '-' ? await (stdin ??= readStdin()) : await readFileText(path)
    },
  }
}

async function readFileText(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path)
    if ((await file.stat()).isDirectory()) return undefined
    return Buffer.from(await collectBounded(file.createReadStream({ autoClose: false }), MOST_BYTES, path)).toString()
  } catch (error) {
    if (NOT_THERE.has((error as NodeJS.ErrnoException).code)) return undefined
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') throw new UsageError(`${path} cannot be read: permission denied`, { cause: error })
    throw error
  }
}
