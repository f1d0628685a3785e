import { DEFAULT_HOST_CONFIG } from '../../../src/registry/hostConfig.ts'
import type { RegistryOptions } from '../../../src/registry/registryClient.ts'

/** A registry client without a name, that does not wait before it tries again. */
export const TEST_CLIENT: RegistryOptions = {
  credentials: { credentials: async () => undefined },
  hosts: DEFAULT_HOST_CONFIG,
  userAgent: 'test',
  connectionsPerHost: 4,
  proxy: { http: '', https: '', except: '' },
  retries: { attempts: 3, firstDelayMs: 1, maxDelayMs: 2, random: () => 0 },
  now: Date.now,
}
