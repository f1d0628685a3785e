import type { EngineClient } from '../../driver/driver.ts'
import { chooseBuilder } from '../builders/chooseBuilder.ts'
import { NODE_FLAGS } from '../builders/nodes/nodeFlags.ts'
import type { CommandContext } from '../command.ts'
import { openFirst } from '../engine.ts'

/** An engine that may keep failed steps, by the name of its node. */
export interface Keeper {
  readonly node: string
  readonly engine: EngineClient
}

export interface Keepers extends AsyncDisposable {
  readonly engines: readonly [Keeper, ...Keeper[]]
  /** Whether the builder has several nodes. */
  readonly areNamed: boolean
  /** To be called when all is said that the others have to say. @throws EngineUnavailableError where a node did not answer */
  finish(): void
}

/** All engines of the builder that answer, or the one that is asked for by name. @throws UsageError; EngineUnavailableError where none answers */
export async function openKeepers(node: string | undefined, context: CommandContext, signal: AbortSignal): Promise<Keepers> {
  const builder = await chooseBuilder(context)
  if (builder.nodes.length === 1 && node === undefined) {
    const engine = await openFirst(builder, context, signal)
    return { engines: [{ node: builder.nodes[0].name, engine }], areNamed: false, finish: () => undefined, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() }
  }
  const { openNodes } = await import('../builders/nodes/openNodes.ts')
  const nodes = await openNodes({ node, timeout: NODE_FLAGS.timeout.fallback }, context, signal)
  const [first, ...others] = nodes.engines.map((one) => ({ node: one.node.name, engine: one.engine }))
  if (first === undefined) throw new TypeError('nodes were opened, and there is none')
  return { engines: [first, ...others], areNamed: nodes.areNamed, finish: () => nodes.finish(), [Symbol.asyncDispose]: () => nodes[Symbol.asyncDispose]() }
}
