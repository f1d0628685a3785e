import type { ClientGraph, ClientImage, ClientLayout, ClientSource, ClientVertex, MadeResult } from '../../api/llb/clientGraph.ts'
import { checkWorker, type WorkerTraits } from '../../api/llb/workerFilter.ts'
import { DefinitionError } from '../../api/llb/clientGraph.ts'
import type { ResolvedImage } from '../../dockerfile/lower.ts'
import type { Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import type { Platform } from '../../ground/platform.ts'
import { createGraphBuilder, type GraphBuilder } from '../../graph/graphBuilder.ts'
import type { Graph, Output, Source } from '../../graph/vertex.ts'
import { createLimit, mapLimited } from '../../kit/limit.ts'
import { VertexFailedError } from '../../solver/vertexFailedError.ts'
import type { BuildOptions } from '../build/build.ts'
import type { ResultLookup } from '../engine.ts'

/** What a graph of a client's own needs to become one that can be solved. */
export interface ResolveDeps {
  /** Looks an image up, as a step that is shown. */
  readonly findImage: (image: ClientImage | ClientLayout, platform: Platform, signal: AbortSignal) => Promise<ResolvedImage>
  readonly resultOf: ResultLookup
  /** What does the work; a vertex may want another. */
  readonly worker: WorkerTraits
  /** The engine's own, for what names none. */
  readonly host: Platform
  /** Whose folders are meant where none is named. */
  readonly sessionId: string
  /** As of LowerRequest. */
  readonly judgeSource: BuildOptions['judgeSource']
}

export interface ResolvedGraph {
  readonly graph: Graph
  /** Undefined is an empty file system. */
  readonly root: Output | undefined
}

/**
 * The client's graph with its images looked up, the results that it names in the place of their names, and what only
 * passes things through left out.
 * @throws VertexFailedError where an image is not there; DefinitionError where a result is not, or a vertex wants another worker
 */
export async function resolveClientGraph({ vertices, root }: ClientGraph, deps: ResolveDeps, signal: AbortSignal): Promise<ResolvedGraph> {
  for (const { constraints = [], note } of vertices.values()) checkWorker(constraints, deps.worker, note.span)
  const images = await findImages([...vertices.values()], deps, signal)
  const graph = createGraphBuilder(deps.judgeSource)
  const made = new Map<Digest, readonly (Output | undefined)[]>()
  const outputOf = ({ vertex, index }: Output): Output | undefined => made.get(vertex)?.[index]
  for (const vertex of vertices.values()) made.set(vertex.digest, addVertex(vertex, { graph, deps, images, inputs: vertex.inputs.map(outputOf) }))
  return { root: root === undefined ? undefined : outputOf(root), graph: graph.build() }
}

/** Enough that round trips to registries do not add up, and no crowd. */
const LOOK_UPS = 8

/** What the graph's images are, by vertex: looked up side by side. */
async function findImages(vertices: readonly ClientVertex[], deps: ResolveDeps, signal: AbortSignal): Promise<ReadonlyMap<Digest, ResolvedImage>> {
  const asked = vertices.flatMap((vertex) => (vertex.op.kind === 'source' && isImage(vertex.op.source) ? [{ vertex, source: vertex.op.source }] : []))
  const found = await mapLimited(asked, createLimit(LOOK_UPS), async ({ vertex, source }, inner) => [vertex.digest, await located(vertex, () => deps.findImage(source, vertex.platform ?? deps.host, inner))] as const, signal)
  return new Map(found)
}

interface Adding {
  readonly graph: GraphBuilder
  readonly deps: ResolveDeps
  readonly images: ReadonlyMap<Digest, ResolvedImage>
  /** Undefined: an empty file system. */
  readonly inputs: readonly (Output | undefined)[]
}

/** Its outputs. */
function addVertex(vertex: ClientVertex, { graph, deps, images, inputs }: Adding): readonly (Output | undefined)[] {
  const { op, note, platform = deps.host, outputs } = vertex
  if (op.kind === 'passthrough') return outputs.map(({ index }) => inputs[index])
  if (op.kind === 'source') {
    const { source } = op
    if (source.kind === 'result') return [addResult(source, vertex, { graph, deps })]
    return [graph.add({ op: { kind: 'source', source: resolveSource(source, deps, images.get(vertex.digest)) }, inputs: [], platform: isImage(source) ? platform : undefined }, note)]
  }
  const present = inputs.map((input) => input ?? addScratch(graph))
  const added = graph.add({ op, inputs: present, platform: op.kind === 'exec' ? platform : undefined }, note)
  return outputs.map(({ kind, index }) => (kind === 'own' ? { ...added, index } : inputs[index]))
}

function isImage(source: ClientSource): source is ClientImage | ClientLayout {
  return source.kind === 'image' || source.kind === 'layout'
}

/** Only the result of a build may be nothing at all; a vertex that stands on it needs something. */
function addScratch(graph: GraphBuilder): Output {
  return graph.add({ op: { kind: 'merge' }, inputs: [], platform: undefined }, { name: 'scratch', ignoreCache: false, span: undefined })
}

function resolveSource(source: Exclude<ClientSource, MadeResult>, deps: ResolveDeps, image: ResolvedImage | undefined): Source {
  if (source.kind === 'local') return { ...source, sessionId: source.sessionId === '' ? deps.sessionId : source.sessionId }
  if (source.kind === 'image-blob' && source.sessionId === '') return { ...source, sessionId: deps.sessionId }
  if (!isImage(source)) return source
  if (image === undefined) throw new TypeError('an image was not looked up')
  const { layerLimit } = source
  const { reference, manifest } = image
  return { kind: 'image', reference, manifest, ...(layerLimit !== undefined && { layerLimit }) }
}

/** An error of it is said to be of the vertex. */
async function located<T>({ digest, note }: ClientVertex, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof BuildError ? new VertexFailedError({ digest, note }, error) : error
  }
}

/** Its graph becomes a part of this one. */
function addResult({ id }: MadeResult, { note }: ClientVertex, { graph, deps }: Pick<Adding, 'graph' | 'deps'>): Output | undefined {
  const image = deps.resultOf(id)
  if (image === undefined) throw new DefinitionError('an input is a result that is not here any more', { hint: 'keep the build that has made it open', span: note.span })
  graph.addAll(image.graph)
  return image.root
}
