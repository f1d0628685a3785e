import type { Builder, BuilderNode } from '../../driver/builders/builder.ts'
import type { EngineStream } from '../../driver/driver.ts'
import { openNodeDriver } from '../../driver/nodeDriver.ts'
import { digestOf } from '../../ground/digest.ts'
import { isSamePlatform, type Platform } from '../../ground/platform.ts'
import type { CommandContext } from '../command.ts'
import { parsePlatformFlags } from '../localPlatform.ts'
import { openDisplay } from '../render/display.ts'
import type { ProgressMode } from '../render/progressMode.ts'
import { chooseBuilder } from './chooseBuilder.ts'

export interface Dialing {
  /** As given; undefined where any node will do. */
  readonly platform: string | undefined
  readonly progress: ProgressMode
}

/** A stream to the engine of the builder's node, as is told on standard error. @throws EngineUnavailableError */
export async function dialNode({ platform, progress }: Dialing, context: CommandContext, signal: AbortSignal): Promise<EngineStream> {
  const builder = await chooseBuilder(context)
  const node = nodeFor(builder, platform === undefined || platform === '' ? [] : parsePlatformFlags([platform]))
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

/** The first that was given the platform by hand, else the first: as with buildx no engine is asked for it. */
function nodeFor({ nodes }: Builder, [wanted]: readonly Platform[]): BuilderNode {
  const given = wanted === undefined ? undefined : nodes.find(({ platforms }) => platforms.some((platform) => isSamePlatform(platform, wanted)))
  return given ?? nodes[0]
}
