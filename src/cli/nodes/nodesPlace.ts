import type { Builder } from '../../driver/builders/builder.ts'
import { solveOverNodes, type OverNodesParts } from '../../driver/nodes/solveOverNodes.ts'
import { createSolveTargets } from '../../driver/targets/solveTargets.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { openEngine } from '../engine.ts'
import { loadMessages } from '../images/loadMessages.ts'
import { localPlatform } from '../localPlatform.ts'
import { openOrigin } from '../registry/registryAccess.ts'
import type { BuildPlace } from './buildPlace.ts'
import { openCommandPool } from './commandPool.ts'

/** All nodes of a builder. Nothing is reached before the first build. */
export function openNodesPlace(builder: Builder, keepsGoing: boolean, context: CommandContext): BuildPlace {
  const pool = openCommandPool(builder, context)
  const parts: OverNodesParts = {
    solveTargets: createSolveTargets(clientParts(context)),
    ownPlatform: localPlatform(),
    isStoreHere: ({ facts }) => builder.nodes.length === 1 || facts.node.driver === 'embedded',
    openRegistry: () => openOrigin(context),
    storeArchive: async (archive, signal) => {
      await using engine = await openEngine(context, signal)
      await engine.local.load(loadMessages('', archive), { signal })
    },
    stdout: context.stdout,
    scratch: pool.scratch,
    now: context.now,
  }
  return {
    engine: undefined,
    solveTargets: (targets, sinks, signal) => solveOverNodes(parts, { pool, targets, keepsGoing, ...sinks }, signal),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}
