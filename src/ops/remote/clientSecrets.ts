/** The secrets of a build's client, by session. `engine` fills it in. */
export interface ClientSecrets {
  /** Undefined where the client has none of that name. */
  secret(sessionId: string, id: string, signal: AbortSignal): Promise<Uint8Array | undefined>
}
