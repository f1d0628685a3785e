import { once } from 'node:events'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { tryLock } from '../kit/files/fileLock.ts'

/**
 * Takes connections on a unix socket that only this user can reach. A lock beside it tells a socket in use from what a
 * dead process left, which is replaced. Undefined where another process has the path. Disposing takes the socket away;
 * connections that were taken stay.
 */
export async function listenOnSocket(path: string, onConnection: (connection: Socket) => void): Promise<AsyncDisposable | undefined> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const lock = tryLock(`${path}.lock`, 'exclusive')
  if (lock === undefined) return undefined
  const server = createServer(onConnection)
  try {
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

async function bind(server: Server, path: string): Promise<void> {
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o600)
}
