import { BuildError, InvalidValueError } from '../ground/errors.ts'
import { orAborted } from '../kit/singleFlight.ts'

/** The calls of one build come at once, in any order: how long one waits for that which begins it. */
const ARRIVAL_MS = 3_000

/** What there is of each build, by the client's reference. */
export interface OpenBuilds<T> {
  /** @throws InvalidValueError where one of that name is there */
  add(ref: string, build: T): void
  /** Whoever looks for it from now on, or does already, is told at once that it is not there. */
  end(ref: string): void
  /** @throws UnknownBuildError where no such build comes; signal.reason */
  find(ref: string, signal: AbortSignal): Promise<T>
}

export class UnknownBuildError extends BuildError {
  readonly kind = 'not-found'
  constructor(ref: string, call = '') {
    super(`${call}no such job ${ref}`, { hint: 'the build is over, or never began: run it again' })
  }
}

export function createOpenBuilds<T>(): OpenBuilds<T> {
  const builds = new Map<string, T>()
  const ended = new Set<string>()
  let changed = Promise.withResolvers<undefined>()
  const change = (): void => {
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }
  return {
    add(ref, build) {
      if (builds.has(ref)) throw new InvalidValueError(`job ID exists: ${ref}`)
      builds.set(ref, build)
      ended.delete(ref)
      change()
    },
    end(ref) {
      builds.delete(ref)
      ended.add(ref)
      setTimeout(() => ended.delete(ref), ARRIVAL_MS).unref()
      change()
    },
    async find(ref, signal) {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(ARRIVAL_MS)])
      for (;;) {
        const build = builds.get(ref)
        if (build !== undefined) return build
        signal.throwIfAborted()
        if (deadline.aborted || ended.has(ref)) throw new UnknownBuildError(ref)
        await orAborted(changed.promise, deadline).catch(() => undefined)
      }
    },
  }
}
