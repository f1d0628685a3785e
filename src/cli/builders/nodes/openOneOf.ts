import { startsEngines, type Builder, type BuilderNode } from '../../../driver/builders/builder.ts'
import { EngineUnavailableError, type EngineClient } from '../../../driver/driver.ts'
import { openNodeDriver } from '../../../driver/nodeDriver.ts'
import type { Platform } from '../../../ground/platform.ts'
import type { CommandContext } from '../../command.ts'

export interface EngineWish {
  readonly builder: Builder
  /** Which it is to build for; none where it is for its images, containers or store. */
  readonly platforms: readonly Platform[]
}

/**
 * One engine of a builder of several nodes, for what is no build: this machine's own where it is one of them, else the
 * first that is Pelago, which has images and containers, else the first that answers. Where it is for platforms, the
 * first that is best for all of them. @throws EngineUnavailableError where none answers; NoNodeForPlatformError
 */
export async function openOneOf({ builder, platforms }: EngineWish, { env, stderr }: Pick<CommandContext, 'env' | 'stderr'>, signal: AbortSignal): Promise<EngineClient> {
  const { node, engine } = platforms.length === 0 ? await findEngine(builder, env, signal) : await findForAll(builder, { platforms, env }, signal)
  stderr.write(`note: builder ${builder.name} has ${builder.nodes.length} nodes: this is done on ${node.name} (${node.endpoint})\n`)
  return engine
}

interface FoundEngine {
  readonly node: BuilderNode
  readonly engine: EngineClient
}

async function findEngine({ name, nodes }: Builder, env: CommandContext['env'], signal: AbortSignal): Promise<FoundEngine> {
  const own = nodes.find(({ driver }) => driver === 'embedded')
  if (own !== undefined) return { node: own, engine: await (await openNodeDriver(own, env)).connect(signal) }
  let found: BuilderNode | undefined
  for (const node of nodes) {
    const kind = await askKind(node, env, signal)
    if (kind === 'pelago') return { node, engine: await (await openNodeDriver(node, env)).connect(signal) }
    if (kind === 'buildkitd') found ??= node
  }
  const node = found ?? nodes.find(({ driver }) => startsEngines(driver))
  if (node === undefined) throw new EngineUnavailableError(`no node of builder ${JSON.stringify(name)} answers`, { hint: `see pelago inspect ${name} for what is wrong with each` })
  return { node, engine: await (await openNodeDriver(node, env)).connect(signal) }
}

/** Of those that have all of them natively, else of those that have all. */
async function findForAll(builder: Builder, { platforms, env }: { readonly platforms: readonly Platform[]; readonly env: CommandContext['env'] }, signal: AbortSignal): Promise<FoundEngine> {
  const { createNodePool } = await import('../../../driver/nodes/nodePool.ts')
  const { chooseForAll } = await import('../../../driver/nodes/chooseNodes.ts')
  await using pool = createNodePool(builder.nodes, (node) => openNodeDriver(node, env))
  await pool.reachAll(signal)
  const { node } = chooseForAll(platforms, { nodes: pool.open().map(({ facts }) => facts), silent: pool.silent() })
  return { node, engine: await (await openNodeDriver(node, env)).connect(signal) }
}

/** Undefined where none answers. */
async function askKind(node: BuilderNode, env: CommandContext['env'], signal: AbortSignal): Promise<'pelago' | 'buildkitd' | undefined> {
  const driver = await openNodeDriver(node, env)
  await using engine = await driver.attach(signal)
  if (engine === undefined) return undefined
  const { record: [worker] } = await engine.control.listWorkers({}, { signal })
  return worker?.BuildkitVersion?.package === 'pelago' ? 'pelago' : 'buildkitd'
}
