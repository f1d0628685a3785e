import type { Builder, BuilderNode } from '../../../driver/builders/builder.ts'
import { EngineUnavailableError, type EngineClient } from '../../../driver/driver.ts'
import { openNodeDriver } from '../../../driver/nodeDriver.ts'
import { BuildError } from '../../../ground/errors.ts'
import { createLimit } from '../../../kit/limit.ts'
import type { CommandContext } from '../../command.ts'
import { UsageError } from '../../flags/usageError.ts'
import { MAX_NODES_AT_ONCE } from '../create/bootNodes.ts'
import { chooseBuilder } from '../chooseBuilder.ts'
import { tellOthers } from '../tellOthers.ts'
import { parseTimeoutMs, withinTime } from '../withinTime.ts'

export interface NodeEngine {
  readonly node: BuilderNode
  readonly engine: EngineClient
}

/** The engines of a builder; disposing lets them go. */
export interface NodeEngines extends AsyncDisposable {
  /** In the order of the builder's nodes. At least one. */
  readonly engines: readonly NodeEngine[]
  /** Whether the builder has more than one node, so that what is said of one says of which. */
  readonly areNamed: boolean
  /** To be called when all is said that the others have to say. @throws EngineUnavailableError where a node did not answer */
  finish(): void
}

interface NodesWish {
  /** `--node` */
  readonly node: string | undefined
  /** `--timeout` */
  readonly timeout: string
}

/** Connects to the nodes of the builder side by side. A container that does not run is left out, which is told. @throws UsageError; EngineUnavailableError where none answers */
export async function openNodes({ node: asked, timeout }: NodesWish, context: CommandContext, signal: AbortSignal): Promise<NodeEngines> {
  const limitMs = parseTimeoutMs(timeout)
  const builder = await chooseBuilder(context)
  const limit = createLimit(MAX_NODES_AT_ONCE)
  const opened = await Promise.allSettled(nodesCalled(builder, asked).map((node) => limit.run(() => openNode(node, limitMs, context, signal), signal)))
  await using undo = new AsyncDisposableStack()
  const engines = opened.flatMap((end) => (end.status === 'fulfilled' && end.value !== undefined ? [{ node: end.value.node, engine: undo.use(end.value.engine) }] : []))
  signal.throwIfAborted()
  const failures = opened.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []))
  const bug = failures.find((reason) => !(reason instanceof BuildError))
  if (bug !== undefined) throw bug
  const throwFirst = (): void => {
    const [first, ...others] = failures
    if (first === undefined) return
    tellOthers(others, context)
    throw first
  }
  if (engines.length === 0) throwFirst()
  if (engines.length === 0) throw new EngineUnavailableError(`no node of builder ${JSON.stringify(builder.name)} runs`, { hint: `start them: pelago inspect --bootstrap ${builder.name}` })
  const held = undo.move()
  return {
    engines,
    areNamed: builder.nodes.length > 1,
    finish: throwFirst,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

function nodesCalled({ name, nodes }: Builder, asked: string | undefined): readonly BuilderNode[] {
  if (asked === undefined) return nodes
  const found = nodes.filter((node) => node.name === asked.toLowerCase())
  if (found.length === 0) throw new UsageError(`builder ${JSON.stringify(name)} has no node ${JSON.stringify(asked)}`, { hint: `it has ${nodes.map((node) => node.name).join(', ')}` })
  return found
}

/** Undefined where it is not started. */
async function openNode(node: BuilderNode, limitMs: number, { env, stderr }: CommandContext, signal: AbortSignal): Promise<NodeEngine | undefined> {
  const driver = await openNodeDriver(node, env)
  if (node.driver === 'embedded') return { node, engine: await driver.connect(signal) }
  try {
    return await withinTime(node, limitMs, signal, async (inner) => {
      if (driver.place === undefined || (await driver.place.status(inner)) === 'running') return { node, engine: await driver.connect(inner) }
      stderr.write(`note: node ${node.name} is not started, and left out\n`)
      return undefined
    })
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    throw new EngineUnavailableError(`node ${node.name}: ${error.message}`, { hint: error.hint, cause: error })
  }
}
