import { chmod, chown } from 'node:fs/promises'
import type { Listener } from '../../engine/config/serveSettings.ts'
import { BuildError } from '../../ground/errors.ts'

/** The sockets stay the user's alone. */
export class SocketNotSharedError extends BuildError {
  readonly kind = 'unavailable'
}

/** Lets a group in at the unix sockets of an engine, which has made them for its user alone. @throws SocketNotSharedError */
export async function shareSockets(listeners: readonly Listener[], groupId: number): Promise<void> {
  for (const listener of listeners) {
    if (listener.kind !== 'unix') continue
    try {
      await chown(listener.path, -1, groupId)
      await chmod(listener.path, 0o660)
    } catch (error) {
      throw new SocketNotSharedError(`cannot give ${listener.path} to group ${groupId}`, { hint: 'choose a group that you are in yourself', cause: error })
    }
  }
}
