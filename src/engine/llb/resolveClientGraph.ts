import type { BuildOp, ClientGraph, ClientImage, ClientLayout, ClientSource, ClientVertex, MadeResult } from '../../api/llb/clientGraph.ts'
import { checkWorker, type WorkerTraits } from '../../api/llb/workerFilter.ts'
import { DefinitionError } from '../../api/llb/clientGraph.ts'
import { MAX_VERTICES } from '../../api/llb/definition.ts'
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
  /** The definition in a file of a result, for which the work is done first. @throws DefinitionError */
  readonly readDefinition: (result: ResolvedGraph, filename: string, signal: AbortSignal) => Promise<ClientGraph>
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
export function resolveClientGraph(graph: ClientGraph, deps: ResolveDeps, signal: AbortSignal): Promise<ResolvedGraph> {
  return resolve(graph, { deps, depth: 0, total: { vertices: 0 } }, signal)
}

/** Definitions that make definitions: more than anybody nests, and an end for those that have none. */
const MAX_DEPTH = 16

interface Nesting {
  readonly deps: ResolveDeps
  /** In how many others it is. */
  readonly depth: number
  /** Counts those of all definitions: together they are bounded as one is. */
  readonly total: { vertices: number }
}

async function resolve({ vertices, root }: ClientGraph, nesting: Nesting, signal: AbortSignal): Promise<ResolvedGraph> {
  const { deps, total } = nesting
  total.vertices += vertices.size
  if (total.vertices > MAX_VERTICES) throw new DefinitionError(`the definitions (LLB) that make one another have more than ${MAX_VERTICES} vertices together`)
  for (const { constraints = [], note } of vertices.values()) checkWorker(constraints, deps.worker, note.span)
  const images = await findImages([...vertices.values()], deps, signal)
  const graph = createGraphBuilder(deps.judgeSource)
  const made = new Map<Digest, readonly (Output | undefined)[]>()
  const outputOf = ({ vertex, index }: Output): Output | undefined => made.get(vertex)?.[index]
  for (const vertex of vertices.values()) {
    const inputs = vertex.inputs.map(outputOf)
    const { op } = vertex
    made.set(vertex.digest, op.kind === 'build' ? [await addInner(op, { note: vertex.note, input: inputs[op.input], graph, nesting }, signal)] : addVertex({ ...vertex, op }, { graph, deps, images, inputs }))
  }
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

interface Inner extends Pick<ClientVertex, 'note'> {
  readonly input: Output | undefined
  readonly graph: GraphBuilder
  readonly nesting: Nesting
}

/** The graph of a definition that is made meanwhile becomes a part of this one. */
async function addInner({ filename }: BuildOp, { note: { span }, input, graph, nesting }: Inner, signal: AbortSignal): Promise<Output | undefined> {
  const { deps, depth, total } = nesting
  if (depth === MAX_DEPTH) throw new DefinitionError(`more than ${MAX_DEPTH} definitions (LLB) are made by one another`, { span })
  const definition = await deps.readDefinition({ graph: graph.buildFor(input), root: input }, filename, signal)
  const inner = await resolve(definition, { deps, depth: depth + 1, total }, signal)
  graph.addAll(inner.graph)
  return inner.root
}

/** Its outputs. */
function addVertex(vertex: ClientVertex & { readonly op: Exclude<ClientVertex['op'], BuildOp> }, { graph, deps, images, inputs }: Adding): readonly (Output | undefined)[] {
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
