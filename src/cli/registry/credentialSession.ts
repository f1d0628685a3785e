import type { EngineClient } from '../../driver/driver.ts'
import { type HostedSession, openSession } from '../../driver/sessionHost.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { userCredentials } from './registryAccess.ts'

/** A session that gives the engine the user's credentials, and nothing else. */
export function openCredentialSession(engine: EngineClient, context: CommandContext, signal: AbortSignal): HostedSession {
  const nothing = { folders: new Map(), files: new Map(), uploads: new Map(), outputs: [], secrets: new Map() }
  return openSession(engine, { ...nothing, ...clientParts(context), credentials: userCredentials(context) }, signal)
}
