import type { ServiceImpl } from '@connectrpc/connect'
import type { LLBBridge, ResolveImageConfigRequest } from '../../api/gen/gateway_pb.ts'
import type { Platform as PlatformMessage } from '../../api/gen/ops_pb.ts'
import type { Engine } from '../../engine/engine.ts'
import type { ResolveMode } from '../../engine/images/imageResolver.ts'
import type { LookedUpImage } from '../../engine/sources/imageLookup.ts'
import { BuildError, InvalidValueError, type ErrorKind } from '../../ground/errors.ts'
import { normalizePlatform, type Platform } from '../../ground/platform.ts'
import { buildOfCall } from './buildOfCall.ts'
import type { ClientBuild, ClientBuilds } from './clientBuilds.ts'

/** What a frontend of the client's asks of images and other sources. */
export function createSourceCalls(builds: Pick<ClientBuilds, 'find'>, sources: Engine['sources']): Pick<ServiceImpl<typeof LLBBridge>, 'resolveImageConfig'> {
  return {
    async resolveImageConfig(request, context) {
      const build = await buildOfCall(builds, context)
      const { name, digest, config } = await namingSource(request.Ref, () => resolveImage(request, { build, sources }, context.signal))
      return { Ref: name, Digest: digest, Config: config }
    },
  }
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

function toPlatform(message: PlatformMessage | undefined): Platform | undefined {
  if (message === undefined) return undefined
  const { OS: os, Architecture: architecture, Variant: variant, OSVersion: osVersion } = message
  return normalizePlatform({ os, architecture, variant, osVersion })
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
