import { once } from 'node:events'
import { chmod, lstat, mkdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { tryLock } from '../../kit/files/fileLock.ts'

export interface SocketPlace {
  readonly path: string
  /** Of the folder, where it has to be made. */
  readonly folderMode: number
}

/**
 * Takes connections on a unix socket that only this user can reach. A lock beside it, and that nothing answers there,
 * tell a socket in use from what a dead process left, which is replaced; a file of another kind never is. Undefined
 * where another process has the path. Disposing takes the socket away; connections that were taken stay.
 */
export async function listenOnSocket({ path, folderMode }: SocketPlace, onConnection: (connection: Socket) => void): Promise<AsyncDisposable | undefined> {
  await mkdir(dirname(path), { recursive: true, mode: folderMode })
  const lock = tryLock(`${path}.lock`, 'exclusive')
  if (lock === undefined) return undefined
  const server = createServer(onConnection)
  try {
    if (await isTaken(path)) {
      lock.remove()
      return undefined
    }
    await rm(path, { force: true })
    await bind(server, path)
  } catch (error) {
    lock.remove()
    throw error
  }
  return {
    async [Symbol.asyncDispose]() {
      server.close() // Node removes the file; not awaited, for it waits for the connections too
      await rm(path, { force: true })
      lock.remove()
    },
  }
}

/** By a program that knows nothing of our lock, or by a file that is no socket. */
async function isTaken(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined) // nothing there, or nothing that can be seen: bind tells
  if (found === undefined) return false
  if (!found.isSocket()) return true
  const probe = connect(path)
  try {
    await once(probe, 'connect')
    return true
  } catch {
    return false
  } finally {
    probe.destroy()
  }
}

async function bind(server: Server, path: string): Promise<void> {
  const umask = process.umask(0o177) // there is no moment at which others reach it
  try {
    server.listen(path)
  } finally {
    process.umask(umask)
  }
  await once(server, 'listening')
  await chmod(path, 0o600)
}
