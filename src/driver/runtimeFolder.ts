import { lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../kit/enterNamespaces.ts'
import { EngineUnavailableError } from './driver.ts'

/**
 * The folder for sockets and logs of the user's engines: `$XDG_RUNTIME_DIR/pelago`, else `<tmp>/pelago-<uid>`. Nobody
 * else may look into it or have made it: who reaches a socket in it is taken for the user.
 * @throws EngineUnavailableError where it is not the user's alone
 */
export async function ensureRuntimeFolder(environment: Environment, userId: number): Promise<string> {
  const runtime = environment['XDG_RUNTIME_DIR'] ?? ''
  const path = runtime === '' ? join(tmpdir(), `pelago-${userId}`) : join(runtime, 'pelago')
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new EngineUnavailableError(`cannot make the folder ${path}`, { hint: 'set XDG_RUNTIME_DIR to a folder that you may write to', cause: error })
  }
  const found = await lstat(path)
  if (!found.isDirectory() || found.uid !== userId || (found.mode & 0o077) !== 0) {
    throw new EngineUnavailableError(`${path} is not a folder of yours alone`, { hint: `remove it, or run: chmod 700 ${path}` })
  }
  return path
}
