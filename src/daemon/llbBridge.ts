import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import type { LLBBridge, SolveRequest } from '../api/gen/gateway_pb.ts'
import { GRPC } from '../api/grpc/status.ts'
import { LLB_CAPS } from '../api/llb/capabilities.ts'
import { parseDefinition } from '../api/llb/definition.ts'
import { parseCacheImports } from '../engine/build/frontendAttributes.ts'
import type { BuildSubject } from '../engine/engine.ts'
import { formatCanonicalJson } from '../ground/canonicalJson.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { buildOfCall } from './bridge/buildOfCall.ts'
import { createFileCalls } from './bridge/fileCalls.ts'
import { FRONTEND_CAPS } from './bridge/frontendCaps.ts'
import { answerMessage, definitionMessage, imageMessage, solveResponse } from './bridge/resultMessage.ts'
import { parseFrontendRequest } from './frontendRequest.ts'
import type { GatewayBuild, GatewayBuilds } from './gatewayBuilds.ts'

/**
 * `moby.buildkit.v1.frontend.LLBBridge`, as far as it builds: by a frontend, which buildctl and docker
 * buildx do through it, or from graphs of the client's own, whose results it may look into, build on, and put together.
 */
export function createLlbBridge(builds: Pick<GatewayBuilds, 'find' | 'resultOf'>): Pick<ServiceImpl<typeof LLBBridge>, 'ping' | 'solve' | 'evaluate' | 'return' | 'readFile' | 'readDir' | 'statFile'> {
  const find = (context: HandlerContext): Promise<GatewayBuild> => buildOfCall(builds, context)
  return {
    ...createFileCalls(find),
    async ping(_request, context) {
      await find(context)
      return { FrontendAPICaps: [...FRONTEND_CAPS].map(enabled), LLBCaps: [...LLB_CAPS].map(enabled) }
    },
    async solve(request, context) {
      checkSolve(request)
      const build = await find(context)
      const subject = subjectOf(request, build, builds)
      const built = await build.build(subject, context.signal)
      if (built.kind === 'answer') return solveResponse(answerMessage(built), request)
      if (request.Evaluate) await Promise.all(built.refs.map((ref) => build.solve(ref, context.signal)))
      return solveResponse(subject.kind === 'definition' ? definitionMessage(built, request.Definition) : imageMessage(built), request)
    },
    async evaluate({ Ref }, context) {
      const build = await find(context)
      await build.solve(Ref, context.signal)
      return {}
    },
    async return({ result, error }, context) {
      const build = await find(context)
      if (error !== undefined && error.code !== GRPC.ok) build.fail({ code: error.code, message: error.message, details: error.details })
      else await build.finish(result, context.signal)
      return {}
    },
  }
}

/** Without a frontend it is the client's own graph, and the attributes are those of the whole build. */
function subjectOf(request: SolveRequest, { attributes }: GatewayBuild, { resultOf }: Pick<GatewayBuilds, 'resultOf'>): BuildSubject {
  if (request.Frontend !== '') {
    const asked = { name: request.Frontend, attributes: withCaches(new Map(Object.entries(request.FrontendOpt)), request), inputs: request.FrontendInputs, resultOf }
    return { ...parseFrontendRequest(asked), sourcePolicies: request.SourcePolicies }
  }
  return { kind: 'definition', graph: parseDefinition(request.Definition ?? { def: [], metadata: {} }), attributes: withCaches(attributes, request), resultOf, sourcePolicies: request.SourcePolicies }
}

/** The caches to import that stand beside the attributes join those that stand in them, each once. @throws InvalidValueError */
function withCaches(attributes: ReadonlyMap<string, string>, { CacheImports }: SolveRequest): ReadonlyMap<string, string> {
  if (CacheImports.length === 0) return attributes
  const within = parseCacheImports(attributes.get('cache-imports') ?? '').map(({ type: Type, attributes: attrs }) => ({ Type, Attrs: Object.fromEntries(attrs) }))
  const entries = new Set([...within, ...CacheImports].map(({ Type, Attrs }) => formatCanonicalJson({ Type, Attrs })))
  return new Map([...attributes, ['cache-imports', `[${[...entries].join(',')}]`]])
}

function enabled(ID: string): { ID: string; Enabled: boolean } {
  return { ID, Enabled: true }
}

function checkSolve(request: SolveRequest): void {
  if (request.Frontend !== '' && (request.Definition?.def.length ?? 0) > 0) throw new InvalidValueError('cannot solve with both Definition and Frontend specified')
}
