import { formatPlatform, isSamePlatform, parsePlatform, type Platform } from '../../ground/platform.ts'
import type { BuildRequest, OutputRequest } from '../driver.ts'
import { ownCaches, sharedCaches } from './cacheNames.ts'

/** What of a build one node is asked for. */
export interface PartOrder {
  readonly platforms: readonly Platform[]
  /** The platforms of the other parts, part by part. */
  readonly others: readonly (readonly Platform[])[]
  readonly outputs: readonly OutputRequest[]
}

/** The request for some platforms of those of `request`: an index comes of it, of however few, to be joined with those of the others. */
export function partRequest(request: BuildRequest, { platforms, others, outputs }: PartOrder): BuildRequest {
  return {
    ...request,
    attributes: forPlatforms(request.attributes, platforms),
    outputs: outputs.map((output) => ({ ...output, attributes: withoutForeignAnnotations(output.attributes, platforms) })),
    cacheExports: ownCaches(request.cacheExports, platforms),
    cacheImports: sharedCaches(request.cacheImports, platforms, others),
  }
}

export function forPlatforms(attributes: BuildRequest['attributes'], platforms: readonly Platform[]): BuildRequest['attributes'] {
  return new Map([...attributes, ['platform', platforms.map(formatPlatform).join(',')], ['multi-platform', 'true']])
}

/** Those that a request names; none is the engine's own. */
export function requestedPlatforms({ attributes }: Pick<BuildRequest, 'attributes'>): readonly Platform[] {
  return (attributes.get('platform') ?? '').split(',').filter((text) => text !== '').map((text) => parsePlatform(text))
}

const OF_ONE_PLATFORM = /^annotation(?:-[a-z-]+)?\[([^\]]+)\]\./

/** An annotation for a platform that is built elsewhere would be refused. */
function withoutForeignAnnotations(attributes: ReadonlyMap<string, string>, platforms: readonly Platform[]): ReadonlyMap<string, string> {
  return new Map([...attributes].filter(([key]) => {
    const text = OF_ONE_PLATFORM.exec(key)?.[1]
    return text === undefined || platforms.some((platform) => isSamePlatform(platform, parsePlatform(text)))
  }))
}
