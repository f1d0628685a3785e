import type { CredentialSource, Registry } from '../../registry/registry.ts'
import type { RegistryOptions } from '../../registry/registryClient.ts'
import type { CommandContext } from '../command.ts'
import { VERSION } from '../../ground/version.ts'

/** Requests in flight to one registry: as many as Docker's own. */
const CONNECTIONS_PER_HOST = 4

type RegistryContext = Pick<CommandContext, 'env' | 'now'> & Partial<Pick<CommandContext, 'stderr'>>

/** Names and passwords from the user's Docker config, which is read when the first is asked for. */
export function userCredentials({ env }: Pick<CommandContext, 'env'>): CredentialSource {
  let source: Promise<CredentialSource> | undefined
  const load = async (): Promise<CredentialSource> => (await import('../../registry/auth/dockerConfig.ts')).createDockerConfigCredentials({ env })
  return {
    async credentials(host, signal) {
      source ??= load()
      return await (await source).credentials(host, signal)
    },
  }
}

/** Registries as the user of the command reaches them. Disposing it closes its connections. */
export async function openRegistry(context: RegistryContext): Promise<Registry & AsyncDisposable> {
  const { createRegistry } = await import('../../registry/registryClient.ts')
  const registry = createRegistry(await registryOptions(context, userCredentials(context)))
  // the watch ends with the registry
  registry.watchWaits(({ host, waitMs }) => context.stderr?.write(`${host} limits requests: waiting ${(waitMs / 1000).toFixed(0)} s, as it asks\n`))
  return registry
}

/** As `openRegistry`, without mirrors: what is to be changed must be known as it is now. */
export async function openOrigin(context: RegistryContext): Promise<Registry & AsyncDisposable> {
  const { createRegistry } = await import('../../registry/registryClient.ts')
  const options = await registryOptions(context, userCredentials(context))
  return createRegistry({ ...options, hosts: { ...options.hosts, mirrors: new Map() } })
}

export async function registryOptions({ env, now }: RegistryContext, credentials: CredentialSource): Promise<RegistryOptions> {
  const [{ DEFAULT_RETRIES }, { proxyFrom }, { readHostConfig }] = await Promise.all([import('../../registry/registryClient.ts'), import('../../kit/http.ts'), import('../../registry/hostConfig.ts')])
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
