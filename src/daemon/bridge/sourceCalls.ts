import type { ServiceImpl } from '@connectrpc/connect'
import { ChecksumRequest_ChecksumAlgo, type LLBBridge, type ResolveImageConfigRequest, type ResolveSourceMetaRequest } from '../../api/gen/gateway_pb.ts'
import type { SourceOp } from '../../api/gen/ops_pb.ts'
import { GRPC, statusError } from '../../api/grpc/status.ts'
import { toPlatform } from '../../api/platformMessage.ts'
import type { MetaLookup } from '../../engine/sources/sourceLookups.ts'
import type { SourceMeta } from '../../engine/sources/sourceMeta.ts'
import type { Engine } from '../../engine/engine.ts'
import type { ResolveMode } from '../../engine/images/imageResolver.ts'
import type { LookedUpImage } from '../../engine/sources/imageLookup.ts'
import { BuildError, InvalidValueError, type ErrorKind } from '../../ground/errors.ts'
import { buildOfCall } from './buildOfCall.ts'
import type { ClientBuild, ClientBuilds } from './clientBuilds.ts'
import { metaMessage } from './sourceMetaMessage.ts'

/** What a frontend of the client's asks of images and other sources. */
export function createSourceCalls(builds: Pick<ClientBuilds, 'find'>, sources: Engine['sources']): Pick<ServiceImpl<typeof LLBBridge>, 'resolveImageConfig' | 'resolveSourceMeta'> {
  return {
    async resolveImageConfig(request, context) {
      const build = await buildOfCall(builds, context)
      const { name, digest, config } = await namingSource(request.Ref, () => resolveImage(request, { build, sources }, context.signal))
      return { Ref: name, Digest: digest, Config: config }
    },
    async resolveSourceMeta(request, context) {
      const build = await buildOfCall(builds, context)
      const { Source: source } = request
      if (source === undefined) throw statusError(GRPC.invalidArgument, 'source is required')
      const meta = await namingSource(source.identifier, () => resolveMeta(source, request, { build, sources }, context.signal))
      return metaMessage(meta, request)
    },
  }
}

async function resolveMeta({ identifier, attrs }: SourceOp, { Platform, LogName: title, ResolveMode: mode, SourcePolicies, Image, Git, HTTP }: ResolveSourceMetaRequest, { build, sources }: Asked, signal: AbortSignal): Promise<SourceMeta> {
  const lookup: MetaLookup = {
    platform: toPlatform(Platform), title, mode: toMode(mode), policies: [...build.sourcePolicies, ...SourcePolicies],
    chain: Image?.AttestationChain === true || (Image?.ResolveAttestations.length ?? 0) > 0 ? { predicateTypes: new Set(Image?.ResolveAttestations) } : undefined,
    wantsObjects: Git?.ReturnObject === true,
    checksum: HTTP?.ChecksumRequest === undefined ? undefined : { algorithm: toAlgorithm(HTTP.ChecksumRequest.Algo), suffix: HTTP.ChecksumRequest.Suffix },
  }
  return await sources.meta({ identifier, attributes: new Map(Object.entries(attrs)) }, lookup, build, signal)
}

const ALGORITHMS: ReadonlyMap<ChecksumRequest_ChecksumAlgo, NonNullable<MetaLookup['checksum']>['algorithm']> = new Map([
  [ChecksumRequest_ChecksumAlgo.SHA256, 'sha256'],
  [ChecksumRequest_ChecksumAlgo.SHA384, 'sha384'],
  [ChecksumRequest_ChecksumAlgo.SHA512, 'sha512'],
])

function toAlgorithm(algorithm: ChecksumRequest_ChecksumAlgo): NonNullable<MetaLookup['checksum']>['algorithm'] {
  const known = ALGORITHMS.get(algorithm)
  if (known === undefined) throw new InvalidValueError(`unknown algorithm of a checksum: ${algorithm}`)
  return known
}

interface Asked {
  readonly build: ClientBuild
  readonly sources: Engine['sources']
}

/** BuildKit's numbers of `ResolverType`. */
const FROM_REGISTRY = 0
const FROM_LAYOUT = 1

async function resolveImage({ Ref: name, Platform, ResolveMode: mode, LogName: title, ResolverType, SessionID, StoreID, SourcePolicies }: ResolveImageConfigRequest, { build, sources }: Asked, signal: AbortSignal): Promise<LookedUpImage> {
  const policies = [...build.sourcePolicies, ...SourcePolicies]
  const common = { name, policies, platform: toPlatform(Platform), title }
  if (ResolverType === FROM_LAYOUT) return await sources.layout({ ...common, sessionId: SessionID, store: StoreID }, build, signal)
  if (ResolverType !== FROM_REGISTRY) throw new InvalidValueError(`unknown resolver type: ${ResolverType}`)
  return await sources.image({ ...common, mode: toMode(mode) }, build, signal)
}

const MODES: ReadonlyMap<string, ResolveMode> = new Map([
  ['', 'prefer-local'],
  ['default', 'prefer-local'],
  ['local', 'prefer-local'],
  ['pull', 'registry'],
])

function toMode(text: string): ResolveMode {
  const mode = MODES.get(text)
  if (mode === undefined) throw new InvalidValueError(`invalid resolvemode: ${text}`, { hint: 'one of default, pull, local' })
  return mode
}

/** Says for which source it failed, and the hint too, since BuildKit's clients show the message alone. */
export class SourceMetaError extends BuildError {
  readonly kind: ErrorKind
  constructor(name: string, cause: BuildError) {
    super(`failed to resolve source metadata for ${name}: ${[cause.message.replace(`${name}: `, ''), ...(cause.hint === undefined ? [] : [cause.hint])].join(': ')}`, { cause })
    this.kind = cause.kind
  }
}

async function namingSource<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof BuildError ? new SourceMetaError(name, error) : error
  }
}
