import type { BuilderNode } from './builders/builder.ts'
import type { Driver } from './driver.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What reaches the engine of `node`: the one table of addresses and of what speaks to them. @throws InvalidValueError on an address that is none */
export async function openNodeDriver({ driver, endpoint }: BuilderNode, env: Environment): Promise<Driver> {
  if (driver === 'embedded') {
    const { createEmbeddedDriver } = await import('./embeddedDriver.ts')
    return createEmbeddedDriver({ env })
  }
  const { createSocketDriver } = await import('./socketDriver.ts')
  return createSocketDriver(endpoint)
}
