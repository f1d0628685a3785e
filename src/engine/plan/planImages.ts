import type { Graph, Output } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { formatPlatform, isSamePlatform } from '../../ground/platform.ts'
import type { PlanImage } from './buildPlan.ts'
import type { PlanFacts } from './planFacts.ts'

/** A layer of an image, and whether its files or its blob are here. */
export interface KnownLayer {
  readonly descriptor: Pick<Descriptor, 'digest' | 'sizeBytes'>
  readonly isHere: boolean
}

/** The images of the Dockerfile that were found, each once for a platform. `layersOf` is by the manifest's digest. */
export function planImages(facts: PlanFacts, isFound: (image: UsedImage['found']) => boolean, layersOf: ReadonlyMap<Digest, readonly KnownLayer[]>): readonly PlanImage[] {
  const needs = imageNeeds(facts)
  const used = facts.targets.flatMap(({ lowered }) => lowered.subject.images).filter(({ found }) => isFound(found))
  return [...Map.groupBy(used, ({ found, platform }) => `${found.manifest} ${formatPlatform(platform)}`).values()].flatMap((same): readonly PlanImage[] => {
    const [image] = same
    if (image === undefined) return []
    const { written, platform, found } = image
    const layers = layersOf.get(found.manifest) ?? []
    const here = layers.filter(({ isHere }) => isHere)
    const need = needs.get(found.manifest) ?? 'not-needed'
    const bytes = { sizeBytes: bytesOf(layers), bytesHere: bytesOf(here) }
    return [{
      written,
      reference: found.reference,
      platform: formatPlatform(platform),
      found: formatPlatform(found.config.platform),
      lines: [...new Set([...same.map(({ span }) => span.startLine), ...basesOf(image, facts)])].sort((a, b) => a - b),
      layers: layers.length,
      layersHere: here.length,
      ...bytes,
      need,
      pullBytes: need === 'not-needed' ? 0 : bytes.sizeBytes - bytes.bytesHere,
    }]
  }).toSorted((a, b) => (a.lines[0] ?? 0) - (b.lines[0] ?? 0))
}

/** The lines of all stages that begin with it: it was looked up for the first alone. */
function basesOf({ written, platform }: UsedImage, { targets }: PlanFacts): readonly number[] {
  const stages = targets.flatMap(({ lowered }) => lowered.stages)
  return stages.filter(({ stage: { base }, platform: own }) => base.kind === 'image' && base.written === written && isSamePlatform(own, platform)).map(({ stage }) => stage.from.span.startLine)
}

type UsedImage = PlanFacts['targets'][number]['lowered']['subject']['images'][number]

function bytesOf(layers: readonly KnownLayer[]): number {
  return layers.reduce((sum, { descriptor }) => sum + descriptor.sizeBytes, 0)
}

/** By manifest: images whose files some step needs, or the output. A layer that is only passed on is not unpacked, nor even pulled. */
function imageNeeds({ graph, prospects, targets, output }: PlanFacts): ReadonlyMap<Digest, 'needed' | 'unknown'> {
  const needs = new Map<Digest, 'needed' | 'unknown'>()
  const note = (manifest: Digest, isSure: boolean): void => {
    if (isSure || !needs.has(manifest)) needs.set(manifest, isSure ? 'needed' : 'unknown')
  }
  for (const { digest, op, inputs } of graph.values()) {
    const prospect = prospects.get(digest)
    if (prospect?.kind === 'cached' || !['exec', 'file', 'diff'].includes(op.kind)) continue
    const images = inputs.flatMap((input) => imagesUnder(input, graph))
    for (const { image, manifest } of images) note(manifest, prospect?.kind === 'runs' || prospect?.until.has(image) === true)
  }
  const roots = output === 'none' ? [] : targets.flatMap(({ lowered: { root } }) => root ?? [])
  for (const { manifest } of roots.flatMap((root) => imagesUnder(root, graph))) note(manifest, output === 'files')
  return needs
}

interface ImageVertex {
  readonly image: Digest
  readonly manifest: Digest
}

/** Images whose layers an output passes on. What a step has made stands on files that are there. */
function imagesUnder({ vertex }: Output, graph: Graph): readonly ImageVertex[] {
  const { op, inputs } = graph.get(vertex) ?? {}
  if (op?.kind === 'source') return op.source.kind === 'image' ? [{ image: vertex, manifest: op.source.manifest }] : []
  return op?.kind === 'merge' ? (inputs ?? []).flatMap((input) => imagesUnder(input, graph)) : []
}
