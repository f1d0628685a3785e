import type { TreeFilter, TreeReceiver } from '../api/fileSync.ts'

/** The files of a build's client, by session. `daemon` fills it in. */
export interface ContextFiles {
  /** Brings what `filter` names of the client's folder `name`. @throws ContextUnavailableError */
  receiveFolder(sessionId: string, name: string, filter: TreeFilter, receiver: TreeReceiver, signal: AbortSignal): Promise<void>
  /** The folder itself, absolute, where client and engine share machine and user; undefined elsewhere. */
  sharedFolder(sessionId: string, name: string): string | undefined
  /** Tells one client's folder of a name from another's, across sessions; '' where the client does not say. */
  sharedKey(sessionId: string): string
}
