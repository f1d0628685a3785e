import { fromBinary } from '@bufbuild/protobuf'
import { DefinitionSchema } from '../../api/gen/ops_pb.ts'
import { DefinitionError, type ClientGraph } from '../../api/llb/clientGraph.ts'
import { parseDefinition } from '../../api/llb/definition.ts'
import type { WorkerTraits } from '../../api/llb/workerFilter.ts'
import type { BuiltImage } from '../../dockerfile/lower/contexts/namedContext.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { invalidEpoch, parseEpochSeconds, SOURCE_DATE_EPOCH } from '../../ground/quantity/sourceDateEpoch.ts'
import type { BuildDeps } from '../build/buildDeps.ts'
import { hostPlatform, resolveScanner, waiterOf, type BuildOptions } from '../build/build.ts'
import { createBuilt } from '../build/built.ts'
import type { Built, DefinitionRequest, ResultRequest } from '../engine.ts'
import { isSbom } from '../attestation/clientAttestations.ts'
import { createStepWatch } from '../provenance/stepWatch.ts'
import { plainConfig } from './plainConfig.ts'
import { resolveClientGraph, type ResolveDeps } from './resolveClientGraph.ts'

export interface DefinitionDeps extends BuildDeps {
  readonly findImage: ResolveDeps['findImage']
  readonly worker: WorkerTraits
}

/** A graph of the client's own, for the engine's platform. @throws InvalidValueError */
export async function buildDefinition(deps: DefinitionDeps, request: DefinitionRequest, options: BuildOptions, signal: AbortSignal): Promise<Built> {
  checkEpoch(options.attributes.buildArgs)
  const platform = hostPlatform(deps.executor)
  const image = await resolveImage(deps, { ...request, config: undefined }, options, signal)
  return await buildResult(deps, { kind: 'result', platforms: [{ id: formatPlatform(platform), platform, image }], isMultiPlatform: false, attributes: request.attributes }, options, signal)
}

/** Results that are there, put together as the client says. */
export async function buildResult(deps: BuildDeps, { platforms, isMultiPlatform }: ResultRequest, options: BuildOptions, signal: AbortSignal): Promise<Built> {
  const { attributes, progress, entitlements } = options
  const watch = createStepWatch(progress)
  const waiter = waiterOf(options, watch.sink)
  const orders = platforms.some(({ attestations = [] }) => attestations.some(isSbom)) ? { ...attributes.attestations, sbom: undefined } : attributes.attestations // as in BuildKit, the client's is enough
  const scanner = await resolveScanner(orders.sbom, deps, signal)
  const attested = { ...options, orders, scanner, attributes: attributes.given, source: undefined, stagesOf: () => [], builderPlatform: hostPlatform(deps.executor), watch, waiter }
  return createBuilt(deps, { platforms, isMultiPlatform, waiter, imported: options.imported, attested, entitlements, auditMode: attributes.audit, epochSeconds: epochOf(attributes.buildArgs) })
}

/** What is no number may be a name that the client's frontend knows, such as `context`. */
function epochOf(buildArgs: ReadonlyMap<string, string>): number | undefined {
  return parseEpochSeconds(buildArgs.get(SOURCE_DATE_EPOCH) ?? '')
}

/** Of a graph that no frontend made, so that nobody else reads it. @throws InvalidValueError */
function checkEpoch(buildArgs: ReadonlyMap<string, string>): void {
  const text = buildArgs.get(SOURCE_DATE_EPOCH) ?? ''
  if (text !== '' && parseEpochSeconds(text) === undefined) throw invalidEpoch(SOURCE_DATE_EPOCH, text)
}

export interface ResolvingImage extends Pick<DefinitionRequest, 'resultOf'> {
  readonly graph: ClientGraph
  /** What is known of the image besides its files; undefined is nothing. */
  readonly config: ImageConfig | undefined
}

/** What is another build's result as it is keeps what that says of the image. */
export async function resolveImage(deps: DefinitionDeps, { graph, resultOf, config }: ResolvingImage, options: BuildOptions, signal: AbortSignal): Promise<BuiltImage> {
  const made = madeResult(graph)
  const image = made === undefined ? undefined : resultOf(made)
  if (image !== undefined) return image
  const host = hostPlatform(deps.executor)
  const { sessionId, judgeSource } = options
  const resolved = await resolveClientGraph(graph, { readDefinition: createDefinitionReader(deps, options), findImage: deps.findImage, worker: deps.worker, resultOf, host, sessionId, judgeSource }, signal)
  return { ...resolved, config: config ?? plainConfig(host), layerSpans: [] }
}

/** More than MAX_VERTICES of a definition need. */
const MAX_DEFINITION_BYTES = 16 << 20

/** Reads definitions in the results of other graphs, which are solved for it: of these nothing is to be said. */
function createDefinitionReader(deps: BuildDeps, options: BuildOptions): ResolveDeps['readDefinition'] {
  const unattested = { ...options, attributes: { ...options.attributes, attestations: { provenance: undefined, sbom: undefined } } }
  return async (result, filename, signal) => {
    const platform = hostPlatform(deps.executor)
    const image = { ...result, config: plainConfig(platform), layerSpans: [] }
    const built = await buildResult(deps, { kind: 'result', platforms: [{ id: formatPlatform(platform), platform, image }], isMultiPlatform: false, attributes: new Map() }, unattested, signal)
    await using files = await built.openFiles(0, signal)
    const { sizeBytes } = files.stat(filename)
    if (sizeBytes > MAX_DEFINITION_BYTES) throw new DefinitionError(`the definition (LLB) in ${JSON.stringify(filename)} has more than ${MAX_DEFINITION_BYTES} bytes`)
    return readDefinition(files.readFile(filename), filename)
  }
}

function readDefinition(bytes: Uint8Array, filename: string): ClientGraph {
  try {
    return parseDefinition(fromBinary(DefinitionSchema, bytes))
  } catch (error) {
    if (error instanceof DefinitionError) throw error
    throw new DefinitionError(`${JSON.stringify(filename)} holds no definition (LLB)`, { cause: error })
  }
}

/** The id, where a graph is nothing but a result. */
function madeResult({ vertices, root }: ClientGraph): string | undefined {
  const op = root === undefined ? undefined : vertices.get(root.vertex)?.op
  return op?.kind === 'source' && op.source.kind === 'result' ? op.source.id : undefined
}
