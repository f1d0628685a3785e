import { chmod, chown } from 'node:fs/promises'
import type { Listener } from '../../engine/config/serveSettings.ts'
import { BuildError } from '../../ground/errors.ts'

/** The sockets stay the user's alone. */
export class SocketNotSharedError extends BuildError {
  readonly kind = 'unavailable'
}

/** Undefined: as they were made. */
export interface SocketOwner {
  readonly userId: number | undefined
  readonly groupId: number | undefined
}

/** Lets others in at the unix sockets of an engine, which has made them for its user alone. @throws SocketNotSharedError */
export async function shareSockets(listeners: readonly Listener[], { userId, groupId }: SocketOwner): Promise<void> {
  if (userId === undefined && groupId === undefined) return
  for (const listener of listeners) {
    if (listener.kind !== 'unix') continue
    try {
      await chown(listener.path, userId ?? -1, groupId ?? -1)
      await chmod(listener.path, 0o660)
    } catch (error) {
      throw new SocketNotSharedError(`cannot give ${listener.path} to ${userId === undefined ? '' : `user ${userId} and `}group ${groupId ?? 'of its own'}`, { hint: 'choose a group that you are in yourself', cause: error })
    }
  }
}
