import type { Json } from '../../ground/canonicalJson.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { formatBuildSteps, formatSourceMap, formatStepLayers } from './buildSteps.ts'
import type { ClientSecret } from './buildSources.ts'
import type { ProvenanceFacts } from './provenanceFacts.ts'

/** The predicate of `facts`, in the version that was ordered, with the fields that BuildKit writes. Pure. */
export function formatProvenance(facts: ProvenanceFacts): Uint8Array {
  return Buffer.from(JSON.stringify(facts.order.version === 'v1' ? predicateV1(facts) : predicateV02(facts)))
}

export const PREDICATE_TYPES = { v1: 'https://slsa.dev/provenance/v1', 'v0.2': 'https://slsa.dev/provenance/v0.2' } as const

const BUILD_TYPES = { v1: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md', 'v0.2': 'https://mobyproject.org/buildkit@v1' } as const

/** SLSA provenance v1. What is no field of its own begins with who adds it, as it asks. */
function predicateV1(facts: ProvenanceFacts): Json {
  const { order, configSource: { uri, digest, path } } = facts
  const isRequestWhole = tellsWholeRequest(facts)
  return {
    buildDefinition: {
      buildType: BUILD_TYPES.v1,
      externalParameters: { configSource: { uri: uri || undefined, digest, path: path || undefined }, request: request(facts) },
      internalParameters: { buildConfig: isMax(facts) ? formatBuildSteps(facts.definition) : undefined, builderPlatform: formatPlatform(facts.builderPlatform) },
      resolvedDependencies: materials(facts),
    },
    runDetails: {
      builder: { id: order.builderId, version: { pelago: facts.builderVersion } },
      metadata: {
        invocationId: facts.invocationId,
        startedOn: timeOf(facts.startedAtMs),
        finishedOn: timeOf(facts.finishedAtMs),
        buildkit_metadata: metadata(facts),
        buildkit_hermetic: isHermetic(facts) || undefined,
        buildkit_completeness: { request: isRequestWhole, resolvedDependencies: hasAllMaterials(facts) },
        buildkit_reproducible: order.isReproducible || undefined,
        pelago_execution: execution(facts),
      },
    },
  }
}

/** SLSA provenance v0.2. */
function predicateV02(facts: ProvenanceFacts): Json {
  const { order, configSource: { uri, digest, path } } = facts
  return {
    builder: { id: order.builderId },
    buildType: BUILD_TYPES['v0.2'],
    materials: materials(facts),
    invocation: {
      configSource: { uri: uri || undefined, digest, entryPoint: path || undefined },
      parameters: request(facts),
      environment: { platform: formatPlatform(facts.builderPlatform) },
    },
    buildConfig: isMax(facts) ? formatBuildSteps(facts.definition) : undefined,
    metadata: {
      buildInvocationID: facts.invocationId,
      buildStartedOn: timeOf(facts.startedAtMs),
      buildFinishedOn: timeOf(facts.finishedAtMs),
      completeness: { parameters: tellsWholeRequest(facts), environment: true, materials: hasAllMaterials(facts) },
      reproducible: order.isReproducible,
      'https://mobyproject.org/buildkit@v1#metadata': metadata(facts) ?? {},
      'https://mobyproject.org/buildkit@v1#hermetic': isHermetic(facts) || undefined,
      pelago_execution: execution(facts),
    },
  }
}

/** Which is not told in `min`: arguments and labels may hold what is nobody's business. */
function isPrivate(key: string): boolean {
  return key.startsWith('build-arg:') || key.startsWith('label:')
}

function tellsWholeRequest(facts: ProvenanceFacts): boolean {
  return isMax(facts) || !facts.request.args.keys().some(isPrivate)
}

function request(facts: ProvenanceFacts): Json {
  const { request: { args, locals }, sources } = facts
  const told = [...args].filter(([key]) => isMax(facts) || !isPrivate(key)).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    frontend: facts.definition.source === undefined ? undefined : 'dockerfile.v0',
    args: told.length === 0 ? undefined : Object.fromEntries(told),
    secrets: isMax(facts) ? secrets(sources.secrets) : undefined,
    ssh: isMax(facts) ? secrets(sources.agents) : undefined,
    locals: locals.length === 0 ? undefined : locals.map((name) => ({ name })),
  }
}

function secrets(list: readonly ClientSecret[]): Json | undefined {
  return list.length === 0 ? undefined : list.map(({ id, isOptional }) => ({ id, optional: isOptional || undefined }))
}

function materials({ sources }: ProvenanceFacts): Json | undefined {
  return sources.materials.length === 0 ? undefined : sources.materials.map(({ uri, digest }) => ({ uri, digest }))
}

function metadata(facts: ProvenanceFacts): Json | undefined {
  const { vcs, definition } = facts
  const layers = isMax(facts) ? formatStepLayers(definition) : undefined
  if (vcs.size === 0 && !isMax(facts)) return undefined
  return { vcs: vcs.size === 0 ? undefined : Object.fromEntries(vcs), source: isMax(facts) ? formatSourceMap(definition) : undefined, layers }
}

function execution({ execution: steps }: ProvenanceFacts): Json | undefined {
  return steps.length === 0 ? undefined : steps.map((ofPlatform) => ({ ...ofPlatform }))
}

/** Of the client's folders, the Dockerfile's among them, nothing is known. */
function hasAllMaterials({ sources, request: { locals } }: ProvenanceFacts): boolean {
  return sources.isComplete && locals.length === 0
}

function isHermetic(facts: ProvenanceFacts): boolean {
  return hasAllMaterials(facts) && !facts.sources.usesNetwork
}

function isMax({ order }: ProvenanceFacts): boolean {
  return order.mode === 'max'
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString()
}
