import { once } from 'node:events'
import { chmodSync, chownSync, closeSync, constants, openSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'

/** Whose a socket is. */
export interface SocketOwner {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/**
 * Takes connections at `path`, however long it is: sun_path has 108 bytes (unix(7)), so it is reached by way of its
 * folder's descriptor. Disposing takes the socket away and breaks the connections.
 * @throws the errors of chown(2): EINVAL where an id is not mapped
 */
export async function listenAt(path: string, { uid, gid, mode }: SocketOwner, onConnection: (connection: Socket) => void): Promise<AsyncDisposable> {
  const connections = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
    onConnection(connection)
  })
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  const close = async (): Promise<void> => {
    for (const connection of connections) connection.destroy()
    const closed = once(server, 'close')
    server.close()
    await closed
    closeSync(folder) // after it: Node takes the file away by the same path
  }
  try {
    server.listen(join(`/proc/self/fd/${folder}`, basename(path)))
    await once(server, 'listening')
  } catch (error) {
    closeSync(folder)
    throw error
  }
  try {
    chownSync(path, uid, gid)
    chmodSync(path, mode)
  } catch (error) {
    await close()
    throw error
  }
  return { [Symbol.asyncDispose]: close }
}
