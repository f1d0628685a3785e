import type { Json } from '../../ground/canonicalJson.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import type { Vertex } from '../../graph/vertex.ts'
import { formatOp } from './llbJson.ts'
import type { BuildDefinition } from './provenanceFacts.ts'

/** The graph as BuildKit's provenance has it: steps, inputs first, and an empty one at the end, whose input is the result. Pure. */
export function formatBuildSteps({ vertices }: BuildDefinition): Json {
  const ids = stepIds(vertices)
  const steps = vertices.map((vertex) => ({ id: ids.get(vertex.digest), op: formatOp(vertex), inputs: inputsOf(vertex, ids) }))
  const last = vertices.at(-1)
  const end = last === undefined ? [] : [{ id: stepName(vertices.length), op: { Op: {} }, inputs: [`${stepName(vertices.length - 1)}:0`] }]
  return { llbDefinition: [...steps, ...end], digestMapping: Object.fromEntries(ids) }
}

/** The Dockerfile, and which of its lines each step is from; undefined where there is none. Pure. */
export function formatSourceMap({ vertices, source }: BuildDefinition): Json | undefined {
  if (source === undefined) return undefined
  const ids = stepIds(vertices)
  const locations = vertices.flatMap(({ digest, note: { span } }) => (span === undefined ? [] : [[ids.get(digest) ?? '', { locations: [{ ranges: [rangeOf(span)] }] }] as const]))
  return { locations: Object.fromEntries(locations), infos: [{ filename: source.filename, language: 'Dockerfile', data: Buffer.from(source.text).toString('base64') }] }
}

function rangeOf({ startLine, endLine }: { readonly startLine: number; readonly endLine: number }): Json {
  return { start: { line: startLine }, end: { line: endLine } }
}

/** The layers of the result, and those of its base image. Undefined where there are none. Pure. */
export function formatStepLayers({ vertices, layers, baseLayerCount }: BuildDefinition): Json | undefined {
  const last = vertices.at(-1)
  if (last === undefined || layers.length === 0) return undefined
  const base = baseOf(vertices, last)
  const ids = stepIds(vertices)
  const ofBase = base === undefined || base === last || baseLayerCount === 0 ? [] : [[`${ids.get(base.digest) ?? ''}:0`, [layers.slice(0, baseLayerCount).map(layerJson)]] as const]
  return Object.fromEntries([...ofBase, [`${stepName(vertices.length - 1)}:0`, [layers.map(layerJson)]]])
}

function layerJson({ mediaType, digest, sizeBytes }: Descriptor): Json {
  return { mediaType, digest, size: sizeBytes }
}

/** What is at the bottom of a result: the image that its first inputs lead to; undefined where that is no image. */
function baseOf(vertices: readonly Vertex[], last: Vertex): Vertex | undefined {
  const byDigest = new Map(vertices.map((vertex) => [vertex.digest, vertex]))
  let lowest: Vertex | undefined = last
  for (let [next] = last.inputs; next !== undefined; [next] = lowest?.inputs ?? []) lowest = byDigest.get(next.vertex)
  return lowest?.op.kind === 'source' && lowest.op.source.kind === 'image' ? lowest : undefined
}

function stepIds(vertices: readonly Vertex[]): ReadonlyMap<Digest, string> {
  return new Map(vertices.map(({ digest }, index) => [digest, stepName(index)]))
}

function stepName(index: number): string {
  return `step${index}`
}

function inputsOf({ inputs }: Vertex, ids: ReadonlyMap<Digest, string>): Json | undefined {
  return inputs.length === 0 ? undefined : inputs.map(({ vertex, index }) => `${ids.get(vertex) ?? ''}:${index}`)
}
