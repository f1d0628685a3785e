import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Builder } from '../../driver/builders/builder.ts'
import { openNodeDriver } from '../../driver/nodeDriver.ts'
import { createNodePool } from '../../driver/nodes/nodePool.ts'
import { solveOverNodes, type OverNodesParts } from '../../driver/nodes/solveOverNodes.ts'
import { createSolveTargets } from '../../driver/targets/solveTargets.ts'
import { createTempFolder, type TempFolder } from '../../kit/files/tempFolder.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { openEngine } from '../engine.ts'
import { loadMessages } from '../images/loadMessages.ts'
import { localPlatform } from '../localPlatform.ts'
import { openOrigin } from '../registry/registryAccess.ts'
import { neutralizeLines } from '../render/displayText.ts'
import type { BuildPlace } from './buildPlace.ts'

/** All nodes of a builder. Nothing is reached before the first build. */
export function openNodesPlace(builder: Builder, keepsGoing: boolean, context: CommandContext): BuildPlace {
  const pool = createNodePool(builder.nodes, (node) => openNodeDriver(node, context.env, (text) => context.stderr.write(`note: ${node.name}: ${neutralizeLines(text)}\n`)))
  let scratch: TempFolder | undefined
  const scratchPath = (): string => {
    scratch ??= createTempFolder(join(context.env['TMPDIR'] ?? tmpdir(), 'pelago-nodes'))
    return scratch.path
  }
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
    scratch: scratchPath,
    now: context.now,
  }
  return {
    engine: undefined,
    solveTargets: (targets, sinks, signal) => solveOverNodes(parts, { pool, targets, keepsGoing, ...sinks }, signal),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      await scratch?.[Symbol.asyncDispose]()
    },
  }
}
