import type { EngineClient, SecretFrom } from '../../driver/driver.ts'
import { type HostedSession, openSession } from '../../driver/session/sessionHost.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { userCredentials } from './registryAccess.ts'

/** A session that gives the engine the user's credentials, and nothing else but `secrets`. */
export function openCredentialSession(engine: EngineClient, context: CommandContext, signal: AbortSignal, secrets: ReadonlyMap<string, SecretFrom> = new Map()): HostedSession {
  const nothing = { folders: new Map(), files: new Map(), uploads: new Map(), stores: new Map(), writableStores: new Set<string>(), outputs: [], secrets, agents: new Map() }
  return openSession(engine, { ...nothing, ...clientParts(context), credentials: userCredentials(context) }, signal)
}
