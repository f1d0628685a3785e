import type { Builder } from '../../driver/builders/builder.ts'
import { bestFor, NoNodeForPlatformError } from '../../driver/nodes/chooseNodes.ts'
import { uniquePlatforms } from '../../driver/nodes/assignment.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { chooseBuilder } from '../builders/chooseBuilder.ts'
import type { CommandContext } from '../command.ts'
import { openFirst } from '../engine.ts'
import { localPlatform } from '../localPlatform.ts'
import { openCommandPool } from '../nodes/commandPool.ts'
import { neutralizeLines } from '../render/displayText.ts'

/** How a platform runs, and where. */
export interface PlatformRow {
  readonly platform: string
  readonly runs: 'natively' | 'emulated' | 'unknown'
  /** '' where there is none, or the engine does not name it. */
  readonly emulator: string
  /** The node that builds it; where several do equally well, all of them, with commas between. */
  readonly node: string
}

export interface PlatformRows {
  readonly rows: readonly PlatformRow[]
  /** Whether the builder has several nodes. */
  readonly areNamed: boolean
}

/** What the builder builds, as its engine or its nodes say. @throws EngineUnavailableError; NoNodeForPlatformError where no node answers */
export async function readPlatforms(context: CommandContext, signal: AbortSignal): Promise<PlatformRows> {
  const builder = await chooseBuilder(context)
  if (builder.nodes.length > 1) return { rows: await readOfNodes(builder, context, signal), areNamed: true }
  await using engine = await openFirst(builder, context, signal)
  const { platforms } = await engine.local.describe({}, { signal })
  return { rows: platforms.map(({ platform, emulator }) => ({ platform, runs: emulator === '' ? 'natively' : 'emulated', emulator, node: builder.nodes[0].name })), areNamed: false }
}

async function readOfNodes(builder: Builder, context: CommandContext, signal: AbortSignal): Promise<readonly PlatformRow[]> {
  await using pool = openCommandPool(builder, context)
  await pool.reachAll(signal)
  for (const { node, error } of pool.silent()) context.stderr.write(`note: node ${node.name} is left out: ${neutralizeLines(error.message)}\n`)
  const nodes = pool.open().map(({ facts }) => facts)
  if (nodes.length === 0) throw new NoNodeForPlatformError(localPlatform(), nodes, pool.silent())
  const all = uniquePlatforms(nodes.flatMap(({ node, platforms }) => [...node.platforms, ...platforms.map(({ platform }) => platform)]))
  const rows = all.map((platform) => rowOf(platform, nodes))
  return [...rows.filter(({ runs }) => runs === 'natively'), ...rows.filter(({ runs }) => runs !== 'natively')]
}

function rowOf(platform: Platform, nodes: Parameters<typeof bestFor>[1]): PlatformRow {
  const best = bestFor(platform, nodes)
  const runs = best[0]?.fit.runs
  const emulators = best.flatMap(({ fit }) => (fit.runs?.kind === 'emulated' && fit.runs.emulator !== '' ? [fit.runs.emulator] : []))
  return { platform: formatPlatform(platform), runs: runs === undefined ? 'unknown' : runs.kind, emulator: [...new Set(emulators)].join(', '), node: best.map(({ facts }) => facts.node.name).join(', ') }
}
