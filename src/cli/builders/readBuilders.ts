import { DEFAULT_BUILDER, type Builder, type BuilderNode } from '../../driver/builders/builder.ts'
import { createBuilderStore, type BuilderDamagedError } from '../../driver/builders/builderStore.ts'
import type { CommandContext } from '../command.ts'
import { chooseBuilder } from './chooseBuilder.ts'
import { readNodeState, type BuilderState, type NodeState } from './nodeState.ts'

export interface FoundBuilders {
  /** The default one comes last, as with buildx. */
  readonly builders: readonly BuilderState[]
  readonly damaged: readonly BuilderDamagedError[]
}

/** All builders, and how they are. Engines are asked once, however many builders lead to them. */
export async function readBuilders(context: CommandContext, signal: AbortSignal): Promise<FoundBuilders> {
  const { builders, damaged } = await createBuilderStore(context.env).list()
  const current = await currentName(context)
  const known = new Map<string, NodeState>()
  const found: BuilderState[] = []
  for (const builder of [...builders, DEFAULT_BUILDER]) found.push({ builder, isCurrent: builder.name === current, nodes: await readNodes(builder, known, context, signal) })
  return { builders: found, damaged }
}

/** One of them. */
export async function readBuilder(builder: Builder, context: CommandContext, signal: AbortSignal): Promise<BuilderState> {
  return { builder, isCurrent: builder.name === (await currentName(context)), nodes: await readNodes(builder, new Map(), context, signal) }
}

async function readNodes({ nodes }: Builder, known: Map<string, NodeState>, context: CommandContext, signal: AbortSignal): Promise<readonly NodeState[]> {
  const states: NodeState[] = []
  for (const node of nodes) {
    const key = engineKey(node)
    const state = known.get(key) ?? (await readNodeState(node, context, signal))
    known.set(key, state)
    states.push({ ...state, node })
  }
  return states
}

/** Nodes that are equal but for their name. */
function engineKey({ driver, endpoint, platforms, options }: BuilderNode): string {
  return JSON.stringify([driver, endpoint, platforms, ...options])
}

/** Undefined where it cannot be told, since its file is damaged. */
async function currentName(context: CommandContext): Promise<string | undefined> {
  try {
    return (await chooseBuilder(context)).name
  } catch {
    return undefined // what is wrong with it is told by whoever uses it
  }
}
