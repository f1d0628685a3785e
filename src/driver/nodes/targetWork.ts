import { isSamePlatform, type Platform } from '../../ground/platform.ts'
import type { BuildRequest } from '../driver.ts'
import type { TargetRequest } from '../targets/targetRequest.ts'
import { createSplitOutputs } from './outputs/splitOutputs.ts'
import type { BuildOutputs, BuildPart, DonePart, MergeParts } from './outputs/splitOutput.ts'
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
  done(part: DonePart): void
  /** Whether there is anything to put together. */
  isSplit(): boolean
  /** What came of it; once nothing remains. */
  merge(signal: AbortSignal): Promise<ReadonlyMap<string, string>>
}

export function createTargetWork(target: TargetRequest, parts: MergeParts): TargetWork {
  const [first] = target.requests
  const platforms = requestedPlatforms(first)
  const done: DonePart[] = []
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
        return [{ ...first, outputs: outputs.requestsFor(part) }, ...target.requests.slice(1)]
      }
      if (!isSplit) outputs = createSplitOutputs(first.outputs, parts)
      isSplit = true
      return [partRequest(first, { platforms: part.platforms, others, outputs: outputs?.requestsFor(part) ?? [] }), ...target.requests.slice(1).filter((request) => isOf(request, part))]
    },
    done: (part) => void done.push(part),
    isSplit: () => isSplit && first.outputs.length > 0,
    merge: async (signal) => (await outputs?.merge({ platforms, parts: done }, signal)) ?? new Map(),
  }
}

/** A later request is of one platform: it goes to the node that has built that. */
function isOf(request: BuildRequest, { platforms }: BuildPart): boolean {
  return requestedPlatforms(request).every((wanted) => platforms.some((platform) => isSamePlatform(platform, wanted)))
}
