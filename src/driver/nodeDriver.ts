import type { BuilderNode } from './builders/builder.ts'
import type { Driver } from './driver.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What reaches the engine of `node`: the one table of addresses and of what speaks to them. @throws InvalidValueError on an address that is none */
export async function openNodeDriver({ driver, endpoint, options }: BuilderNode, env: Environment): Promise<Driver> {
  if (driver === 'embedded') {
    const { createEmbeddedDriver } = await import('./embeddedDriver.ts')
    return createEmbeddedDriver({ env })
  }
  const { parseRemoteOptions } = await import('./remote/remoteOptions.ts')
  const { tls, timeoutMs } = parseRemoteOptions(options)
  if (tls !== undefined) {
    const { createTlsDriver } = await import('./remote/tlsDriver.ts')
    return createTlsDriver(endpoint, { tls, timeoutMs })
  }
  if (endpoint.startsWith('ssh://')) {
    const { createSshDriver } = await import('./remote/sshDriver.ts')
    return createSshDriver(endpoint, { env, timeoutMs })
  }
  const { createSocketDriver } = await import('./socketDriver.ts')
  return createSocketDriver(endpoint)
}
