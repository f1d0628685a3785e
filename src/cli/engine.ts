import type { Driver, EngineClient } from '../driver/driver.ts'
import type { CommandContext } from './command.ts'
import { UsageError } from './flags/usageError.ts'

/** The engine that the user wants; disposing lets it go. @throws UsageError on an address that is none; EngineUnavailableError */
export async function openEngine(context: Pick<CommandContext, 'builder' | 'env'>, signal: AbortSignal): Promise<EngineClient> {
  const driver = await driverFor(context)
  return await driver.connect(signal)
}

async function driverFor({ builder, env }: Pick<CommandContext, 'builder' | 'env'>): Promise<Driver> {
  if (builder === undefined || builder === 'embedded' || builder === 'default') {
    const { createEmbeddedDriver } = await import('../driver/embeddedDriver.ts')
    return createEmbeddedDriver({ env })
  }
  if (/^(?:unix|tcp):\/\//.test(builder)) {
    const { createSocketDriver } = await import('../driver/socketDriver.ts')
    return createSocketDriver(builder)
  }
  throw new UsageError(`unknown builder: ${JSON.stringify(builder)}`, { hint: 'leave out --builder, or give unix:///path/to/socket or tcp://127.0.0.1:port' })
}
