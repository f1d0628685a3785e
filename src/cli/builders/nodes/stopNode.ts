import type { BuilderNode } from '../../../driver/builders/builder.ts'
import { EngineUnavailableError, type Driver } from '../../../driver/driver.ts'
import { openNodeDriver } from '../../../driver/nodeDriver.ts'
import { pause } from '../../../kit/retry.ts'
import type { CommandContext } from '../../command.ts'

/** How long an engine may take to stop what it runs. */
const END_MS = 20_000
const POLL_MS = 20

/** Ends the engine of a node, and waits for that. One that listens by itself is its owner's. @throws EngineUnavailableError where it does not end */
export async function stopNode(node: BuilderNode, { env }: Pick<CommandContext, 'env'>, signal: AbortSignal): Promise<'stopped' | 'not-ours'> {
  const driver = await openNodeDriver(node, env)
  if (driver.place !== undefined) await driver.place.stop(signal)
  else if (node.driver === 'embedded') await endEngine(driver, signal)
  else return 'not-ours'
  return 'stopped'
}

async function endEngine(driver: Driver, signal: AbortSignal): Promise<void> {
  const latest = Date.now() + END_MS
  while (await askToEnd(driver, signal)) {
    if (Date.now() > latest) throw new EngineUnavailableError('the engine does not end', { hint: 'see what runs: ps -ef | grep pelago' })
    await pause(POLL_MS, signal)
  }
}

/** Whether there was one. */
async function askToEnd(driver: Driver, signal: AbortSignal): Promise<boolean> {
  await using engine = await driver.attach(signal)
  if (engine === undefined) return false
  try {
    await engine.local.stop({}, { signal })
  } catch {
    signal.throwIfAborted() // else it went away before its answer was out, or is about to
  }
  return true
}
