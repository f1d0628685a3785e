import { BuildError } from '../../ground/errors.ts'
import { formatPlatform, isSamePlatform, type Platform } from '../../ground/platform.ts'
import { TargetFailedError, type TargetsEnd } from '../targets/targetRequest.ts'
import type { OpenTarget } from './assignment.ts'
import { PlatformsFailedError, type FailedPlatform } from './nodesEnd.ts'

/** How a build over nodes ends. */
export interface Ending {
  /** Aborts where what is left need not be built. */
  readonly failed: AbortSignal
  fail(targets: readonly OpenTarget[], error: TargetFailedError): void
  /** Has a target put together that is built: that goes on, whatever becomes of the others. */
  merge(target: string, work: () => Promise<ReadonlyMap<string, string>>): void
  /** Once nothing is being built. @throws signal.reason */
  end(signal: AbortSignal): Promise<TargetsEnd>
}

export interface EndingOptions {
  /** Whether the failure of one platform leaves the others to be built. */
  readonly keepsGoing: boolean
  /** All that are wanted. */
  readonly platforms: readonly Platform[]
}

export function createEnding({ keepsGoing, platforms }: EndingOptions): Ending {
  const failure = new AbortController()
  const merging: Promise<void>[] = []
  const responses = new Map<string, ReadonlyMap<string, string>>()
  const failed: (FailedPlatform & { readonly target: string })[] = []
  let error: TargetFailedError | undefined
  const give = (cause: TargetFailedError): void => {
    error ??= cause
    failure.abort(cause)
  }
  const failApart = ({ target, platforms: [platform] }: OpenTarget, cause: TargetFailedError): void => {
    if (platform === undefined) give(cause)
    else failed.push({ target: target.name, platform, error: cause.cause instanceof BuildError ? cause.cause : cause })
  }
  const mergeOne = async (target: string, work: () => Promise<ReadonlyMap<string, string>>): Promise<void> => {
    try {
      responses.set(target, await work())
    } catch (cause) {
      if (!(cause instanceof BuildError)) throw cause
      give(new TargetFailedError(target, cause))
    }
  }
  const platformsError = (): TargetFailedError | undefined => {
    const [first, ...others] = failed.toSorted((a, b) => placeOf(a.platform, platforms) - placeOf(b.platform, platforms))
    if (first === undefined) return undefined
    const built = platforms.filter((platform) => !failed.some((one) => isSamePlatform(one.platform, platform)))
    return new TargetFailedError(first.target, new PlatformsFailedError([first, ...others], built))
  }
  return {
    failed: failure.signal,
    fail: (targets, cause) => (keepsGoing ? targets.forEach((target) => failApart(target, cause)) : give(cause)),
    merge(target, work) {
      const one = mergeOne(target, work)
      one.catch(() => undefined) // its error is met at the end
      merging.push(one)
    },
    async end(signal) {
      const settled = await Promise.allSettled(merging)
      signal.throwIfAborted()
      for (const one of settled) if (one.status === 'rejected') throw one.reason
      return { responses, error: error ?? platformsError() }
    },
  }
}

function placeOf(platform: Platform, platforms: readonly Platform[]): number {
  return platforms.findIndex((other) => formatPlatform(other) === formatPlatform(platform))
}
