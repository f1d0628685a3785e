import { digestOf } from '../../ground/digest.ts'
import type { EngineStream } from '../../driver/driver.ts'
import { openNodeDriver } from '../../driver/nodeDriver.ts'
import type { CommandContext } from '../command.ts'
import { parsePlatformFlags } from '../localPlatform.ts'
import { openDisplay } from '../render/display.ts'
import type { ProgressMode } from '../render/progressMode.ts'
import { buildNode, chooseBuilder } from './chooseBuilder.ts'

export interface Dialing {
  /** As given; undefined where any node will do. */
  readonly platform: string | undefined
  readonly progress: ProgressMode
}

/** A stream to the engine of the builder's node, as is told on standard error. @throws EngineUnavailableError */
export async function dialNode({ platform, progress }: Dialing, context: CommandContext, signal: AbortSignal): Promise<EngineStream> {
  if (platform !== undefined && platform !== '') parsePlatformFlags([platform])
  const builder = await chooseBuilder(context)
  const node = buildNode(builder)
  const driver = await openNodeDriver(node, context.env)
  using display = openDisplay(progress, context)
  const vertex = digestOf(`dial ${node.name}`)
  const at = context.now
  display.sink({ kind: 'vertex-announced', vertex, at: at(), name: `[internal] dialing ${driver.name} of builder ${builder.name}`, inputs: [] })
  display.sink({ kind: 'vertex-started', vertex, at: at() })
  try {
    const stream = await driver.dial(signal)
    display.sink({ kind: 'vertex-done', vertex, at: at(), outcome: { kind: 'executed' } })
    return stream
  } catch (error) {
    display.sink({ kind: 'vertex-done', vertex, at: at(), outcome: { kind: 'failed', message: error instanceof Error ? error.message : String(error) } })
    throw error
  }
}
