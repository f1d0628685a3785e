import type { ServiceImpl } from '@connectrpc/connect'
import type { LLBBridge } from '../../api/gen/gateway_pb.ts'
import type { Engine } from '../../engine/engine.ts'
import type { GatewayBuilds } from '../gatewayBuilds.ts'
import { buildOfCall } from './buildOfCall.ts'
import type { ClientBuilds } from './clientBuilds.ts'
import { createContainerCalls, type FindResult } from './containerCalls.ts'
import { findFailedResult } from './failedStepResults.ts'
import { createNoteCalls } from './noteCalls.ts'
import { createSourceCalls } from './sourceCalls.ts'

/** `moby.buildkit.v1.frontend.LLBBridge`, but for what builds. */
export function createBridgeCalls(builds: Pick<ClientBuilds, 'find'>, gateway: Pick<GatewayBuilds, 'find'>, engine: Pick<Engine, 'sources' | 'openClientContainer' | 'failedSteps' | 'worker'>): Partial<ServiceImpl<typeof LLBBridge>> {
  const findResult: FindResult = async (id, context) => {
    const left = findFailedResult(id, () => engine.failedSteps())
    if (left !== undefined) return left
    const build = await buildOfCall(gateway, context)
    return (await build.solve(id, context.signal)) ?? ''
  }
  return {
    ...createSourceCalls(builds, engine.sources),
    ...createNoteCalls(builds),
    ...createContainerCalls({ builds, open: (request, asker, signal) => engine.openClientContainer(request, asker, signal), findResult, worker: engine.worker }),
  }
}
