import type { Builder } from '../../driver/builders/builder.ts'
import { chooseBuilder } from '../builders/chooseBuilder.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { openFirst } from '../engine.ts'
import type { BuildPlace } from './buildPlace.ts'

export interface BuildPlaceOptions {
  readonly keepsGoing?: boolean
}

/** @throws UsageError on a builder that is none; EngineUnavailableError */
export async function openBuildPlace(context: CommandContext, { keepsGoing = false }: BuildPlaceOptions, signal: AbortSignal): Promise<BuildPlace> {
  const builder = await chooseBuilder(context)
  if (builder.nodes.length === 1 && !keepsGoing) return await openOneEngine(builder, context, signal)
  const { openNodesPlace } = await import('./nodesPlace.ts')
  return openNodesPlace(builder, keepsGoing, context)
}

async function openOneEngine(builder: Builder, context: CommandContext, signal: AbortSignal): Promise<BuildPlace> {
  const engine = await openFirst(builder, context, signal)
  return {
    engine,
    async solveTargets(targets, { sinkOf }, inner) {
      const { createSolveTargets } = await import('../../driver/targets/solveTargets.ts')
      return await createSolveTargets(clientParts(context))(engine, targets, sinkOf, inner)
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}
