import type { Builder, BuilderNode } from '../../../driver/builders/builder.ts'
import type { EngineStream } from '../../../driver/driver.ts'
import { openNodeDriver } from '../../../driver/nodeDriver.ts'
import { digestOf } from '../../../ground/digest.ts'
import type { Platform } from '../../../ground/platform.ts'
import type { CommandContext } from '../../command.ts'
import { localPlatform, parsePlatformFlags } from '../../localPlatform.ts'
import { openDisplay } from '../../render/display.ts'
import type { ProgressMode } from '../../render/progressMode.ts'
import { chooseBuilder } from '../chooseBuilder.ts'

export interface Dialing {
  /** As given; undefined where any node will do. */
  readonly platform: string | undefined
  readonly progress: ProgressMode
}

/** A stream to the engine of the builder's node, as is told on standard error. @throws EngineUnavailableError */
export async function dialNode({ platform, progress }: Dialing, context: CommandContext, signal: AbortSignal): Promise<EngineStream> {
  const builder = await chooseBuilder(context)
  const node = await chooseDialed(builder, platform === undefined || platform === '' ? [] : parsePlatformFlags([platform]), context.env, signal)
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

/** As builds are given theirs; where there is one node no engine is asked. @throws NoNodeForPlatformError */
async function chooseDialed({ nodes }: Builder, wanted: readonly Platform[], env: CommandContext['env'], signal: AbortSignal): Promise<BuilderNode> {
  const [first, second] = nodes
  if (second === undefined) return first
  const { createNodePool } = await import('../../../driver/nodes/nodePool.ts')
  const { chooseDefaultNode, chooseNodes } = await import('../../../driver/nodes/chooseNodes.ts')
  await using pool = createNodePool(nodes, (node) => openNodeDriver(node, env))
  await (wanted.length === 0 ? pool.reachAll(signal) : pool.reachFor(wanted, signal))
  const choice = { nodes: pool.open().map(({ facts }) => facts), silent: pool.silent(), subject: 'dial-stdio' }
  if (wanted.length === 0) return chooseDefaultNode(localPlatform(), choice).node
  const [share] = chooseNodes(wanted, choice)
  return share?.facts.node ?? first
}
