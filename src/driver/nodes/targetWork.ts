import { isSamePlatform, type Platform } from '../../ground/platform.ts'
import type { BuildRequest, OutputRequest } from '../driver.ts'
import type { TargetRequest } from '../targets/targetRequest.ts'
import { createSplitOutputs } from './outputs/splitOutputs.ts'
import type { BuildOutputs, BuildPart, MergeParts, SolvedPart } from './outputs/splitOutput.ts'
import { createWholeOutputs } from './outputs/wholeOutputs.ts'
import { partRequest, requestedPlatforms } from './partRequest.ts'

/** How far a target is: what of it is built, and how its outputs come together. */
export interface TargetWork {
  readonly target: TargetRequest
  /** All that are wanted; none is the engine's own. */
  readonly platforms: readonly Platform[]
  /** Those that are not built yet; undefined where all is. */
  remaining(): readonly Platform[] | undefined
  /** The target for one node; `others` are the platforms of the other parts, part by part. */
  requestsFor(part: BuildPart, others: readonly (readonly Platform[])[], isStoreHere: boolean): TargetRequest['requests']
  /** Reads what the outputs need of `solved`, as long as its engine is there. @throws PeerLostError where it is not */
  keep(solved: SolvedPart, signal: AbortSignal): Promise<void>
  /** Once it is kept. */
  done(solved: SolvedPart): void
  /** Whether there is anything to put together. */
  isSplit(): boolean
  /** What came of it; once nothing remains. */
  merge(signal: AbortSignal): Promise<ReadonlyMap<string, string>>
}

export function createTargetWork(target: TargetRequest, parts: MergeParts): TargetWork {
  const [first] = target.requests
  const platforms = requestedPlatforms(first)
  const done: SolvedPart[] = []
  let outputs: BuildOutputs | undefined
  let isSplit = false
  const isBuilt = (platform: Platform): boolean => done.some(({ part }) => part.platforms.some((one) => isSamePlatform(one, platform)))
  return {
    target,
    platforms,
    remaining() {
      if (platforms.length === 0) return done.length === 0 ? [] : undefined
      const left = platforms.filter((platform) => !isBuilt(platform))
      return left.length === 0 ? undefined : left
    },
    requestsFor(part, others, isStoreHere) {
      if (part.platforms.length === platforms.length && !isSplit) {
        outputs = createWholeOutputs(first.outputs, { ...parts, isStoreHere })
        return [{ ...first, outputs: outputs.requestsFor(part)[0] }, ...target.requests.slice(1)]
      }
      const split = isSplit && outputs !== undefined ? outputs : createSplitOutputs(first.outputs, parts)
      outputs = split
      isSplit = true
      const [own, ...more] = split.requestsFor(part)
      const partOf = (request: BuildRequest, asked: readonly OutputRequest[]): BuildRequest => partRequest(request, { platforms: part.platforms, others, outputs: asked })
      return [partOf(first, own), ...more.map((asked) => partOf(builtAlready(first), asked)), ...target.requests.slice(1).filter((request) => isOf(request, part))]
    },
    async keep(solved, signal) {
      await outputs?.keep(solved, signal)
    },
    done: (solved) => void done.push(solved),
    isSplit: () => isSplit && first.outputs.length > 0,
    merge: async (signal) => (await outputs?.merge({ platforms, parts: done }, signal)) ?? new Map(),
  }
}

/** The same build once more, for another of its outputs: it was judged, and its caches exported, with the first. */
function builtAlready(request: BuildRequest): BuildRequest {
  return { ...request, cacheExports: [], attributes: new Map([...request.attributes, ['pelago.audit', 'off']]) }
}

/** A later request is of one platform: it goes to the node that has built that. */
function isOf(request: BuildRequest, { platforms }: BuildPart): boolean {
  return requestedPlatforms(request).every((wanted) => platforms.some((platform) => isSamePlatform(platform, wanted)))
}
