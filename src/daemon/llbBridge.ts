import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import type { LLBBridge, Result, SolveRequest } from '../api/gen/gateway_pb.ts'
import type { Definition } from '../api/gen/ops_pb.ts'
import { GRPC } from '../api/grpc/status.ts'
import { formatCanonicalJson } from '../ground/canonicalJson.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { formatImageConfig } from '../image/imageConfigJson.ts'
import { buildOfCall } from './bridge/buildOfCall.ts'
import { isKnownFrontend } from './knownFrontend.ts'
import type { BuiltRefs, GatewayBuild, GatewayBuilds } from './gatewayBuilds.ts'
import { formatResultDefinition } from './resultDefinition.ts'

/**
 * `moby.buildkit.v1.frontend.LLBBridge`, as far as clients need it that build by the frontend `dockerfile.v0`, which
 * buildctl and docker buildx do through it. What a step of the client's own would need is not served.
 */
export function createLlbBridge(builds: GatewayBuilds): Pick<ServiceImpl<typeof LLBBridge>, 'ping' | 'solve' | 'evaluate' | 'return'> {
  const find = (context: HandlerContext): Promise<GatewayBuild> => buildOfCall(builds, context)
  return {
    async ping(_request, context) {
      await find(context)
      return { FrontendAPICaps: FRONTEND_CAPS.map(enabled), LLBCaps: LLB_CAPS.map(enabled) }
    },
    async solve(request, context) {
      checkSolve(request)
      const build = await find(context)
      const built = await build.build({ attributes: attributesOf(request), inputs: builds.inputs(request.FrontendInputs), sourcePolicies: request.SourcePolicies }, context.signal)
      if (request.Evaluate && built.kind === 'refs') await Promise.all(built.refs.map((ref) => build.evaluate(ref, context.signal)))
      return { result: built.kind === 'answer' ? { metadata: toMetadata(built.metadata) } : toResult(built) }
    },
    async evaluate({ Ref }, context) {
      const build = await find(context)
      await build.evaluate(Ref, context.signal)
      return {}
    },
    async return({ result, error }, context) {
      const build = await find(context)
      if (error !== undefined && error.code !== GRPC.ok) build.fail({ code: error.code, message: error.message, details: error.details })
      else build.finish(refsOf(result))
      return {}
    },
  }
}

/** The caches to import that stand beside the attributes join those that stand in them. */
function attributesOf({ FrontendOpt, CacheImports }: SolveRequest): ReadonlyMap<string, string> {
  const attributes = new Map(Object.entries(FrontendOpt))
  if (CacheImports.length > 0 && !attributes.has('cache-imports')) attributes.set('cache-imports', formatCanonicalJson(CacheImports.map(({ Type, Attrs }) => ({ Type, Attrs }))))
  return attributes
}

/** What is served of this API; a client does without the rest, or says that it cannot. */
const FRONTEND_CAPS = ['solve.base', 'return', 'returnmap', 'proto.refarray', 'reference.output', 'frontend.caps', 'gateway.solve.evaluate', 'gateway.solve.metadata', 'gateway.evaluate', 'frontend.inputs', 'resolveimage', 'resolveimage.resolvemode', 'gateway.warnings']
/** What a `Control.Solve` may ask for. */
const LLB_CAPS = ['source.image', 'source.local', 'source.policy', 'exporter.multiple', 'exporter.sourcedateepoch', 'exporter.image.annotations', 'exporter.image.attestations']

function enabled(ID: string): { ID: string; Enabled: boolean } {
  return { ID, Enabled: true }
}

/** What a request may ask for and this engine does not do: refused rather than left out. */
const UNSUPPORTED: readonly (readonly [what: string, isAskedFor: (request: SolveRequest) => boolean])[] = [
  ['a definition (LLB) of the client’s own is', ({ Definition }) => (Definition?.def.length ?? 0) > 0],
  ['a frontend other than dockerfile.v0 is', ({ Frontend, FrontendOpt }) => !isKnownFrontend(Frontend, FrontendOpt)],
]

function checkSolve(request: SolveRequest): void {
  const [what] = UNSUPPORTED.find(([, isAskedFor]) => isAskedFor(request)) ?? []
  if (what !== undefined) throw new InvalidValueError(`${what} not supported yet`, { hint: 'build by the frontend "dockerfile.v0"' })
}

interface ResultRef {
  readonly id: string
  /** What the client can hand in as an input. */
  readonly def: Definition
}

interface RefResult {
  readonly result: { readonly case: 'ref'; readonly value: ResultRef } | { readonly case: 'refs'; readonly value: { readonly refs: Readonly<Record<string, ResultRef>> } }
  readonly metadata: Readonly<Record<string, Uint8Array>>
}

function toMetadata(metadata: ReadonlyMap<string, string>): Readonly<Record<string, Uint8Array>> {
  return Object.fromEntries([...metadata].map(([key, value]) => [key, Buffer.from(value)]))
}

function toResult({ built: { platforms, isMultiPlatform }, refs, inputIds }: BuiltRefs): RefResult {
  const found = platforms.map(({ id }, index) => [id, { id: refs[index] ?? '', def: formatResultDefinition(inputIds[index] ?? '') }] as const)
  const configs = platforms.map(({ id, image: { config } }) => [isMultiPlatform ? `${CONFIG_KEY}/${id}` : CONFIG_KEY, formatImageConfig(config)] as const)
  const listed = platforms.map(({ id, platform: { os, architecture, variant } }) => ({ ID: id, Platform: { os, architecture, ...(variant !== '' && { variant }) } }))
  return {
    result: isMultiPlatform || found[0] === undefined ? { case: 'refs', value: { refs: Object.fromEntries(found) } } : { case: 'ref', value: found[0][1] },
    metadata: { ...Object.fromEntries(configs), 'refs.platforms': Buffer.from(formatCanonicalJson({ Platforms: listed })) },
  }
}

const CONFIG_KEY = 'containerimage.config'

/** Those that name something: an empty result has one without a name. */
function refsOf(result: Result | undefined): readonly string[] {
  return namedRefs(result).filter((ref) => ref !== '')
}

function namedRefs(result: Result | undefined): readonly string[] {
  switch (result?.result.case) {
    case undefined:
      return []
    case 'ref':
      return [result.result.value.id]
    case 'refs':
      return Object.values(result.result.value.refs).map(({ id }) => id)
    case 'refDeprecated':
      return [result.result.value]
    case 'refsDeprecated':
      return Object.values(result.result.value.refs)
  }
}
