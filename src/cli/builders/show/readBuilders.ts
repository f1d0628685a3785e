import { DEFAULT_BUILDER, type Builder, type BuilderNode } from '../../../driver/builders/builder.ts'
import { createBuilderStore, type BuilderDamagedError } from '../../../driver/builders/builderStore.ts'
import { createLimit } from '../../../kit/limit.ts'
import type { CommandContext } from '../../command.ts'
import { MAX_NODES_AT_ONCE } from '../create/bootNodes.ts'
import { chooseBuilder } from '../chooseBuilder.ts'
import { readNodeState, type BuilderState, type NodeState } from './nodeState.ts'

export interface FoundBuilders {
  /** The default one comes last, as with buildx. */
  readonly builders: readonly BuilderState[]
  readonly damaged: readonly BuilderDamagedError[]
}

/** All builders, and how they are. Engines are asked side by side, each for `limitMs` at most, and once, however many builders lead to them. */
export async function readBuilders(limitMs: number, context: CommandContext, signal: AbortSignal): Promise<FoundBuilders> {
  const { builders, damaged } = await createBuilderStore(context.env).list()
  return { builders: await readStates([...builders, DEFAULT_BUILDER], limitMs, context, signal), damaged }
}

/** How these are. */
export async function readStates(builders: readonly Builder[], limitMs: number, context: CommandContext, signal: AbortSignal): Promise<readonly BuilderState[]> {
  const current = await currentName(context)
  const limit = createLimit(MAX_NODES_AT_ONCE)
  const asked = new Map<string, Promise<NodeState>>()
  const ask = async (node: BuilderNode): Promise<NodeState> => {
    const key = engineKey(node)
    const state = asked.get(key) ?? limit.run(() => readNodeState(node, { env: context.env, limitMs }, signal), signal)
    asked.set(key, state)
    return { ...(await state), node }
  }
  return await Promise.all(builders.map(async (builder) => ({ builder, isCurrent: builder.name === current, nodes: await Promise.all(builder.nodes.map(ask)) })))
}

/** Nodes that are equal but for their name lead to one engine; a container has the node's name. */
function engineKey({ name, driver, endpoint, platforms, options }: BuilderNode): string {
  return JSON.stringify([driver === 'docker-container' ? name : '', driver, endpoint, platforms, ...options])
}

/** Undefined where it cannot be told, since its file is damaged. */
async function currentName(context: CommandContext): Promise<string | undefined> {
  try {
    return (await chooseBuilder(context)).name
  } catch {
    return undefined // what is wrong with it is told by whoever uses it
  }
}
