import { formatPlatform, isSamePlatform, type Platform } from '../../ground/platform.ts'
import type { BuildRequest } from '../driver.ts'
import { linksOf } from '../targets/targetResults.ts'
import type { TargetRequest } from '../targets/targetRequest.ts'
import { forPlatforms, requestedPlatforms } from './partRequest.ts'

/** A target, and those of its platforms that are still to be built; none is the engine's own. */
export interface OpenTarget {
  readonly target: TargetRequest
  readonly platforms: readonly Platform[]
}

/** What one node builds at once: targets with the platforms that are its. */
export interface Batch<N> {
  readonly node: N
  readonly targets: readonly OpenTarget[]
}

export interface Placing<N> {
  readonly nodeFor: (platform: Platform) => N
  /** For a target without platforms. */
  readonly defaultNode: () => N
  /** Whether each platform of each target is a batch of its own, so that one may fail alone. */
  readonly isApart: boolean
}

/** Puts each platform to its node; in the order of the targets and of their platforms. */
export function placeTargets<N>(targets: readonly OpenTarget[], { nodeFor, defaultNode, isApart }: Placing<N>): readonly Batch<N>[] {
  const single = targets.flatMap(({ target, platforms }) =>
    platforms.length === 0 ? [{ target, node: defaultNode(), platforms }] : platforms.map((platform) => ({ target, node: nodeFor(platform), platforms: [platform] })))
  if (isApart) return single.map(({ node, target, platforms }) => ({ node, targets: [{ target, platforms }] }))
  const batches: Batch<N>[] = []
  for (const [node, ofNode] of Map.groupBy(single, ({ node }) => node)) {
    const grouped = Map.groupBy(ofNode, ({ target }) => target)
    batches.push({ node, targets: [...grouped].map(([target, parts]) => ({ target, platforms: parts.flatMap(({ platforms }) => platforms) })) })
  }
  return batches
}

/**
 * The targets that those of a batch stand on, and that are not built in it: they are read there too, for the platforms
 * that are needed of them, since a result does not go from one engine to another.
 */
export function supportFor(batch: readonly OpenTarget[], all: readonly TargetRequest[]): readonly TargetRequest[] {
  const byName = new Map(all.map((target) => [target.name, target]))
  const built = new Set(batch.map(({ target }) => target.name))
  const support = new Map<string, TargetRequest>()
  const follow = (requests: readonly BuildRequest[], platforms: readonly Platform[]): void => {
    for (const { target: name } of requests.flatMap(linksOf)) {
      const found = byName.get(name)
      if (found === undefined || built.has(name) || support.has(name)) continue
      support.set(name, asSupport(found, platforms))
      follow(found.requests, platforms)
    }
  }
  const needed = uniquePlatforms(batch.flatMap(({ platforms }) => platforms))
  for (const { target } of batch) follow(target.requests, needed)
  return [...support.values()]
}

/** Of a target that has some of `platforms`, these alone. */
function asSupport({ name, requests: [first] }: TargetRequest, platforms: readonly Platform[]): TargetRequest {
  const own = requestedPlatforms(first)
  const shared = own.filter((platform) => platforms.some((one) => isSamePlatform(one, platform)))
  const attributes = shared.length === 0 ? first.attributes : forPlatforms(first.attributes, shared)
  return { name, purpose: { kind: 'support' }, requests: [{ ...first, attributes, outputs: [], cacheExports: [] }] }
}

export function uniquePlatforms(platforms: readonly Platform[]): readonly Platform[] {
  return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()]
}
