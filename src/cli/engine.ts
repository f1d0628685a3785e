import type { EngineClient } from '../driver/driver.ts'
import { openNodeDriver } from '../driver/nodeDriver.ts'
import { buildNode, chooseBuilder } from './builders/chooseBuilder.ts'
import type { CommandContext } from './command.ts'

/** The engine that the user wants; disposing lets it go. @throws UsageError on a builder that is none; EngineUnavailableError */
export async function openEngine(context: Pick<CommandContext, 'builder' | 'env'>, signal: AbortSignal): Promise<EngineClient> {
  const driver = await openNodeDriver(buildNode(await chooseBuilder(context)), context.env)
  return await driver.connect(signal)
}
