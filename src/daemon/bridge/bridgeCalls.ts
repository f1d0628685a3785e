import type { ServiceImpl } from '@connectrpc/connect'
import type { LLBBridge } from '../../api/gen/gateway_pb.ts'
import type { Engine } from '../../engine/engine.ts'
import type { ClientBuilds } from './clientBuilds.ts'
import { createNoteCalls } from './noteCalls.ts'
import { createSourceCalls } from './sourceCalls.ts'

/** `moby.buildkit.v1.frontend.LLBBridge`, but for what builds. */
export function createBridgeCalls(builds: ClientBuilds, engine: Pick<Engine, 'sources'>): Partial<ServiceImpl<typeof LLBBridge>> {
  return { ...createSourceCalls(builds, engine.sources), ...createNoteCalls(builds) }
}
