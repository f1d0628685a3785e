import type { Duplex } from 'node:stream'

/** Port: the ssh agents of a build's client, by session. */
export interface ClientAgents {
  /** Whether the client lends the agent `id`. */
  hasAgent(sessionId: string, id: string, signal: AbortSignal): Promise<boolean>
  /** Joins `connection` to the agent, until either ends. Destroys it then. */
  forwardAgent(sessionId: string, id: string, connection: Duplex, signal: AbortSignal): Promise<void>
}
