import type { CredentialSource, Registry } from '../registry/registry.ts'
import { createRegistry, DEFAULT_RETRIES } from '../registry/registryClient.ts'
import { readHostConfig } from '../registry/hostConfig.ts'
import { createDockerConfigCredentials } from '../registry/auth/dockerConfig.ts'
import { proxyFrom } from '../kit/http.ts'
import type { CommandContext } from './command.ts'
import { VERSION } from './version.ts'

/** Requests in flight to one registry: as many as Docker's own. */
const CONNECTIONS_PER_HOST = 4

/** Names and passwords from the user's Docker config. */
export function userCredentials({ env }: Pick<CommandContext, 'env'>): CredentialSource {
  return createDockerConfigCredentials({ env })
}

/** Registries as the user of the command reaches them. Disposing it closes its connections. */
export async function openRegistry(context: Pick<CommandContext, 'env' | 'now'>): Promise<Registry & AsyncDisposable> {
  const { env, now } = context
  return createRegistry({
    credentials: userCredentials(context),
    hosts: await readHostConfig(env),
    userAgent: `pelago/${VERSION}`,
    connectionsPerHost: CONNECTIONS_PER_HOST,
    proxy: proxyFrom(env),
    retries: DEFAULT_RETRIES,
    now,
  })
}
