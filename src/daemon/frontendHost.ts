import { LLBBridge } from '../api/gen/gateway_pb.ts'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../api/gen/health_pb.ts'
import { toStatus } from '../api/errorMapping.ts'
import { openHttp2Server, sessionClosed } from '../api/grpc/http2Connection.ts'
import { serveCalls, type CallHandler } from '../api/grpc/serverCall.ts'
import { createServiceRoutes } from '../api/grpc/serviceRoutes.ts'
import type { Answer, Built, Engine, FrontendHost } from '../engine/engine.ts'
import { FrontendFailedError } from '../engine/frontend/frontendFailedError.ts'
import { answerAsBuildKit } from './bridge/answerAsBuildKit.ts'
import { createBridgeCalls } from './bridge/bridgeCalls.ts'
import { createBuildContainers } from './bridge/buildContainers.ts'
import { BUILD_HEADER } from './bridge/buildOfCall.ts'
import type { ClientBuild } from './bridge/clientBuilds.ts'
import { failedStepDetails } from './bridge/failedStepResults.ts'
import type { GatewayBuild, GatewayBuilds } from './gatewayBuilds.ts'
import { createLlbBridge } from './llbBridge.ts'
import { formatWorkers, type DescribedEngine, type WorkerConfig } from './workerRecord.ts'

export interface FrontendHostParts {
  readonly engine: DescribedEngine & Pick<Engine, 'sources' | 'openClientContainer' | 'failedSteps'>
  readonly worker: WorkerConfig
  readonly gateway: GatewayBuilds
}

/** `LLBBridge` for frontends that run here: all calls of a connection are of one build, so that none names it. */
export function createFrontendHost({ engine, worker, gateway }: FrontendHostParts): FrontendHost {
  return {
    workers: () => formatWorkers(engine, worker),
    serve(connection, { request, build, progress, sessionId, entitlements, sourcePolicies, sessionEnded }, signal) {
      const driven = gateway.drive({ attributes: request.attributes, build }, sessionEnded, signal)
      let outcome: (() => Promise<Built | Answer>) | undefined
      driven.returned.then((result) => (outcome = async () => result ?? nothing()), (error: unknown) => (outcome = () => rethrow(error)))
      const containers = createBuildContainers()
      const client: ClientBuild = { sessionId, progress, sourcePolicies, entitlements, containers, inputs: request.inputDefinitions }
      const http = openHttp2Server(connection)
      const routes = routesOf({ driven: driven.build, client, engine, gateway })
      serveCalls(http, { find: (path) => namingTheBuild(routes.find(path)), toStatus })
      return {
        outcome: () => outcome?.(),
        closed: sessionClosed(http),
        async [Symbol.asyncDispose]() {
          connection.destroy()
          await sessionClosed(http)
          await containers[Symbol.asyncDispose]()
        },
      }
    },
  }
}

interface RoutedBuild extends Pick<FrontendHostParts, 'engine' | 'gateway'> {
  readonly driven: GatewayBuild
  readonly client: ClientBuild
}

function routesOf({ driven, client, engine, gateway }: RoutedBuild): ReturnType<typeof createServiceRoutes> {
  const builds = { find: async () => driven, resultOf: gateway.resultOf }
  const bridge = { ...createLlbBridge(builds), ...createBridgeCalls({ find: async () => client }, builds, engine) }
  return createServiceRoutes().service(Health, { check: () => ({ status: ServingStatus.SERVING }) }).service(LLBBridge, answerAsBuildKit(bridge, failedStepDetails(() => engine.failedSteps())))
}

/** A frontend in a container knows no reference of the build that it is for. */
function namingTheBuild(handler: CallHandler | undefined): CallHandler | undefined {
  return handler && ((call) => handler({ ...call, metadata: new Map([...call.metadata, [BUILD_HEADER, ['its own']]]) }))
}

async function rethrow(error: unknown): Promise<never> {
  throw error
}

function nothing(): never {
  throw new FrontendFailedError('the frontend has returned neither files nor an answer')
}
