import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import { BuildHistoryEventType } from '../../api/gen/control_pb.ts'
import { normalizePlatform, parsePlatform, type Platform } from '../../ground/platform.ts'
import type { BuilderNode } from '../builders/builder.ts'
import type { EngineClient } from '../driver.ts'
import { platformsOfWorker, UNTOLD_CPUS, type NodeFacts } from './nodeFacts.ts'

/** Asks the engine of `node`, all at once. */
export async function readNodeFacts(node: BuilderNode, engine: EngineClient, signal: AbortSignal): Promise<NodeFacts> {
  const [listed, own, runningBuilds] = await Promise.all([readWorkerPlatforms(engine, signal), readOwnFacts(engine, signal), countRunningBuilds(engine, signal)])
  return { node, platforms: own?.platforms ?? platformsOfWorker(listed), runningBuilds, cpus: own?.cpus ?? UNTOLD_CPUS, isPelago: own !== undefined }
}

async function readWorkerPlatforms({ control }: EngineClient, signal: AbortSignal): Promise<readonly Platform[]> {
  const { record: [worker] } = await control.listWorkers({}, { signal })
  return (worker?.platforms ?? []).map(({ OS, Architecture, Variant }) => normalizePlatform({ os: OS, architecture: Architecture, variant: Variant, osVersion: '' }))
}

/** Undefined where the engine is a buildkitd. */
async function readOwnFacts({ local }: EngineClient, signal: AbortSignal): Promise<Pick<NodeFacts, 'platforms' | 'cpus'> | undefined> {
  try {
    const { platforms, cpus } = await local.describe({}, { signal })
    return {
      platforms: platforms.map(({ platform, emulator }) => ({ platform: parsePlatform(platform), runs: emulator === '' ? { kind: 'natively' } : { kind: 'emulated', emulator } })),
      cpus: cpus > 0 ? cpus : UNTOLD_CPUS, // an older engine does not tell
    }
  } catch (error) {
    if (error instanceof UnsupportedByPeerError) return undefined
    throw error
  }
}

/** None where the engine keeps no history: how busy it is only decides between nodes that are equal otherwise. */
async function countRunningBuilds({ control }: EngineClient, signal: AbortSignal): Promise<number> {
  const running = new Set<string>()
  try {
    for await (const { type, record } of control.listenBuildHistory({ ActiveOnly: true, EarlyExit: true }, { signal })) {
      if (type === BuildHistoryEventType.STARTED && record !== undefined) running.add(record.Ref)
    }
  } catch {
    signal.throwIfAborted()
  }
  return running.size
}
