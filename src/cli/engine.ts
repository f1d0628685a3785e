import type { Builder } from '../driver/builders/builder.ts'
import type { EngineClient } from '../driver/driver.ts'
import { openNodeDriver } from '../driver/nodeDriver.ts'
import type { Platform } from '../ground/platform.ts'
import { chooseBuilder } from './builders/chooseBuilder.ts'
import type { CommandContext } from './command.ts'
import { neutralizeLines } from './render/displayText.ts'

type EngineContext = Pick<CommandContext, 'builder' | 'env' | 'workingFolder' | 'stderr'>

/**
 * The one engine that a command is about which is no build: for its images, its containers, its store. Of several nodes it is
 * chosen, which is told. Disposing lets it go. @throws UsageError on a builder that is none; EngineUnavailableError
 */
export async function openEngine(context: EngineContext, signal: AbortSignal): Promise<EngineClient> {
  return await openEngineFor([], context, signal)
}

/** The same for what is about platforms: of several nodes one that has them all. @throws NoNodeForPlatformError where none has */
export async function openEngineFor(platforms: readonly Platform[], context: EngineContext, signal: AbortSignal): Promise<EngineClient> {
  const builder = await chooseBuilder(context)
  if (hasSeveral(builder)) {
    const { openOneOf } = await import('./builders/nodes/openOneOf.ts')
    return await openOneOf({ builder, platforms }, context, signal)
  }
  return await openFirst(builder, context, signal)
}

/** The engine of a builder's only node. @throws EngineUnavailableError */
export async function openFirst({ nodes: [node] }: Builder, { env, stderr }: Pick<EngineContext, 'env' | 'stderr'>, signal: AbortSignal): Promise<EngineClient> {
  const driver = await openNodeDriver(node, env, (text) => stderr.write(`note: ${neutralizeLines(text)}\n`))
  return await driver.connect(signal)
}

function hasSeveral({ nodes: [, second] }: Builder): boolean {
  return second !== undefined
}
