import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import { BuildHistoryEventType } from '../../api/gen/control_pb.ts'
import { normalizePlatform, parsePlatform, type Platform } from '../../ground/platform.ts'
import type { BuilderNode } from '../builders/builder.ts'
import type { EngineClient } from '../driver.ts'
import { platformsOfWorker, type NodeFacts, type NodePlatform } from './nodeFacts.ts'

/** Asks the engine of `node`, all at once. */
export async function readNodeFacts(node: BuilderNode, engine: EngineClient, signal: AbortSignal): Promise<NodeFacts> {
  const [listed, own, runningBuilds] = await Promise.all([readWorkerPlatforms(engine, signal), readOwnPlatforms(engine, signal), countRunningBuilds(engine, signal)])
  return { node, platforms: own ?? platformsOfWorker(listed), runningBuilds, isPelago: own !== undefined }
}

async function readWorkerPlatforms({ control }: EngineClient, signal: AbortSignal): Promise<readonly Platform[]> {
  const { record: [worker] } = await control.listWorkers({}, { signal })
  return (worker?.platforms ?? []).map(({ OS, Architecture, Variant }) => normalizePlatform({ os: OS, architecture: Architecture, variant: Variant, osVersion: '' }))
}

/** Undefined where the engine is a buildkitd. */
async function readOwnPlatforms({ local }: EngineClient, signal: AbortSignal): Promise<readonly NodePlatform[] | undefined> {
  try {
    const { platforms } = await local.describe({}, { signal })
    return platforms.map(({ platform, emulator }) => ({ platform: parsePlatform(platform), runs: emulator === '' ? { kind: 'natively' } : { kind: 'emulated', emulator } }))
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
