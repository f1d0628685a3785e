import type { Platform } from '../../ground/platform.ts'
import type { GraphBuilder } from '../../graph/graphBuilder.ts'
import type { Output, VertexNote } from '../../graph/vertex.ts'
import type { ResolvedImage } from './request.ts'

/** The vertex that brings an image's files. */
export function addImage({ reference, manifest }: ResolvedImage, platform: Platform, note: VertexNote, graph: GraphBuilder): Output {
  return graph.add({ op: { kind: 'source', source: { kind: 'image', reference, manifest } }, inputs: [], platform }, note)
}

export function hasLayers({ config }: ResolvedImage): boolean {
  return config.diffIds.length > 0 || config.history.some(({ emptyLayer }) => !emptyLayer)
}
