import { proxyFrom } from '../kit/http.ts'
import { createDockerConfigCredentials } from '../registry/auth/dockerConfig.ts'
import { readHostConfig } from '../registry/hostConfig.ts'
import type { CredentialSource, Registry } from '../registry/registry.ts'
import { createRegistry, DEFAULT_RETRIES, type RegistryOptions } from '../registry/registryClient.ts'
import type { CommandContext } from './command.ts'
import { VERSION } from '../ground/version.ts'

/** Requests in flight to one registry: as many as Docker's own. */
const CONNECTIONS_PER_HOST = 4

type RegistryContext = Pick<CommandContext, 'env' | 'now'>

/** Names and passwords from the user's Docker config. */
export function userCredentials({ env }: Pick<CommandContext, 'env'>): CredentialSource {
  return createDockerConfigCredentials({ env })
}

/** Registries as the user of the command reaches them. Disposing it closes its connections. */
export async function openRegistry(context: RegistryContext): Promise<Registry & AsyncDisposable> {
  return createRegistry(await registryOptions(context, userCredentials(context)))
}

export async function registryOptions({ env, now }: RegistryContext, credentials: CredentialSource): Promise<RegistryOptions> {
  return {
    credentials,
    hosts: await readHostConfig(env),
    userAgent: `pelago/${VERSION}`,
    connectionsPerHost: CONNECTIONS_PER_HOST,
    proxy: proxyFrom(env),
    retries: DEFAULT_RETRIES,
    now,
  }
}
