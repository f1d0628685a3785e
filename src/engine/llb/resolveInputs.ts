import type { BuiltImage } from '../../dockerfile/lower/contexts/namedContext.ts'
import { parseJsonObject, optionalString } from '../../ground/jsonValue.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import { parseImageConfig } from '../../image/imageConfigJson.ts'
import type { BuildOptions } from '../build/build.ts'
import type { FrontendRequest } from '../engine.ts'
import { resolveImage, type DefinitionDeps } from './buildDefinition.ts'

/** The frontend's inputs as images: what is known of a graph's beside its files stands in an attribute. */
export async function resolveInputs(deps: DefinitionDeps, { inputs, attributes, resultOf }: FrontendRequest, options: BuildOptions, signal: AbortSignal): Promise<ReadonlyMap<string, BuiltImage>> {
  const resolved = new Map<string, BuiltImage>()
  for (const [key, graph] of inputs) resolved.set(key, await resolveImage(deps, { graph, resultOf, config: configOf(attributes.get(`input-metadata:${key}`)) }, options, signal))
  return resolved
}

/** JSON of metadata, whose values are in base64. */
function configOf(metadata: string | undefined): ImageConfig | undefined {
  const config = metadata === undefined ? undefined : optionalString(parseJsonObject(metadata, 'input-metadata'), 'containerimage.config')
  return config === undefined ? undefined : parseImageConfig(Buffer.from(config, 'base64'))
}
