import type { ClientStore } from '../exporter/cache/clientStore.ts'
import type { ClientFiles } from '../exporter/clientFiles.ts'
import type { ContextFiles } from '../ops/contextFiles.ts'
import type { ClientAgents } from '../ops/mounts/clientAgents.ts'
import type { ClientSecrets } from '../ops/remote/clientSecrets.ts'
import type { ClientUploads } from '../ops/remote/clientUploads.ts'
import type { ClientBlobs } from './images/layoutImages.ts'
import type { CredentialSource } from '../registry/registry.ts'

/** What the engine may ask of the clients whose sessions are open; `daemon` fills it in. Calls for a session that is not there wait a moment for it, then throw. */
export interface ClientSessions extends ContextFiles, ClientSecrets, ClientUploads, ClientAgents {
  /** Asks the session's client at each use; answers undefined where the session offers no credentials. */
  credentials(sessionId: string): CredentialSource
  clientFiles(sessionId: string): ClientFiles
  /** An OCI layout of the client, as a context. */
  clientBlobs(sessionId: string, store: string): ClientBlobs
  /** An OCI layout of the client by the full name of its store. */
  clientStore(sessionId: string, id: string): ClientStore
}
