import type { Builder, BuilderNode } from '../../../driver/builders/builder.ts'
import type { EngineClient } from '../../../driver/driver.ts'
import { openNodeDriver } from '../../../driver/nodeDriver.ts'
import type { NodeFacts } from '../../../driver/nodes/nodeFacts.ts'
import { readNodeFacts } from '../../../driver/nodes/readNodeFacts.ts'
import { EMULATED_ARCHITECTURES } from '../../../executor/emulation/architectures.ts'
import { BuildError } from '../../../ground/errors.ts'
import { formatPlatform } from '../../../ground/platform.ts'
import { createLimit, mapLimited } from '../../../kit/limit.ts'
import { MAX_NODES_AT_ONCE } from '../../builders/create/bootNodes.ts'
import { NODE_FLAGS } from '../../builders/nodes/nodeFlags.ts'
import { parseTimeoutMs, withinTime } from '../../builders/withinTime.ts'
import type { CommandContext } from '../../command.ts'
import type { NodeAnswer, NodeExamination, PelagoAnswer } from './nodeExamination.ts'

/** Asks the nodes side by side what they have, in the order of the builder. Starts no container. Never rejects for what is a node's. @throws signal.reason */
export async function examineNodes({ nodes }: Builder, { env }: Pick<CommandContext, 'env'>, signal: AbortSignal): Promise<readonly NodeExamination[]> {
  const examine = async (node: BuilderNode, inner: AbortSignal): Promise<NodeExamination> => ({ node: { name: node.name, endpoint: node.endpoint, given: node.platforms.map(formatPlatform) }, answer: await askNode(node, env, inner) })
  return await mapLimited(nodes, createLimit(MAX_NODES_AT_ONCE), examine, signal)
}

async function askNode(node: BuilderNode, env: CommandContext['env'], signal: AbortSignal): Promise<NodeAnswer> {
  try {
    return await withinTime(node, parseTimeoutMs(NODE_FLAGS.timeout.fallback), signal, async (inner) => {
      const driver = await openNodeDriver(node, env)
      if (driver.place !== undefined && (await driver.place.status(inner)) !== 'running') return { kind: 'not-started' }
      await using engine = await driver.connect(inner)
      return await describe(await readNodeFacts(node, engine, inner), engine, inner)
    })
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof BuildError)) throw error
    return { kind: 'silent', reason: error.message, hint: error.hint }
  }
}

async function describe({ platforms, isPelago, cpus, runningBuilds }: NodeFacts, engine: EngineClient, signal: AbortSignal): Promise<NodeAnswer> {
  const told = platforms.map(({ platform, runs }) => ({ platform: formatPlatform(platform), runs }))
  if (!isPelago) {
    const { record: [worker] } = await engine.control.listWorkers({}, { signal })
    return { kind: 'buildkit', version: worker?.BuildkitVersion?.version ?? '', platforms: told }
  }
  const { version, root, snapshotter, rootless } = await engine.local.describe({}, { signal })
  const foreign = EMULATED_ARCHITECTURES.map(({ architecture }) => `linux/${architecture}`).filter((platform) => !told.some((one) => one.platform === platform))
  const missing = await Promise.all(foreign.map((platform) => readMissing(platform, engine, signal)))
  return { kind: 'pelago', version, root, snapshotter, isRootless: rootless, cpus, runningBuilds, platforms: told, missing: missing.flat() }
}

/** Empty where it runs after all. */
async function readMissing(platform: string, { local }: EngineClient, signal: AbortSignal): Promise<PelagoAnswer['missing']> {
  const { support } = await local.describePlatform({ platform }, { signal })
  return support.case === 'missing' ? [{ platform, reason: support.value.reason, hint: support.value.hint }] : []
}
