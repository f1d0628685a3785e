import { GrpcStatusError, type GrpcStatus } from '../api/grpc/status.ts'
import type { Answer, Build, Built, Steer } from '../engine/engine.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { orAborted } from '../kit/singleFlight.ts'
import { createOpenBuilds } from './openBuilds.ts'

/**
 * Builds that the client drives itself: its `Control.Solve` names no frontend, but stays open while calls of
 * `LLBBridge` with the same reference build, and ends with the result that `Return` names.
 */
export interface GatewayBuilds {
  /** Takes the client's calls from when it is steered until it is disposed. */
  open(ref: string): OpenGatewayBuild
  /** @throws InvalidValueError where no such build comes */
  find(ref: string, signal: AbortSignal): Promise<GatewayBuild>
}

export interface OpenGatewayBuild extends Disposable {
  /** For `Engine.solve`: ends when the client returned. @throws GrpcStatusError as the client returned it */
  readonly steer: Steer
}

export interface GatewayBuild {
  /** One reference for each platform's result, in their order. */
  build(attributes: ReadonlyMap<string, string>, signal: AbortSignal): Promise<BuiltRefs | Answer>
  /** @throws InvalidValueError for a reference that `build` did not give */
  check(ref: string): void
  /** References that `build` gave; none is a build of nothing. @throws InvalidValueError where they are not all those of one result */
  finish(refs: readonly string[]): void
  fail(status: GrpcStatus): void
}

export interface BuiltRefs {
  readonly kind: 'refs'
  readonly built: Built
  readonly refs: readonly string[]
}

export function createGatewayBuilds(): GatewayBuilds {
  const open = createOpenBuilds<GatewayBuild>()
  return {
    open: (ref) => ({
      async steer(build, signal) {
        const returned = Promise.withResolvers<Built | undefined>()
        open.add(ref, createGatewayBuild(build, returned, signal))
        return await orAborted(returned.promise, signal)
      },
      [Symbol.dispose]: () => open.end(ref),
    }),
    find: (ref, signal) => open.find(ref, signal),
  }
}

function createGatewayBuild(build: Build, returned: PromiseWithResolvers<Built | undefined>, whole: AbortSignal): GatewayBuild {
  const results: BuiltRefs[] = []
  const ofRef = (ref: string): BuiltRefs => {
    const found = results.find(({ refs }) => refs.includes(ref))
    if (found === undefined) throw new InvalidValueError(`no such reference: ${JSON.stringify(ref)}`)
    return found
  }
  return {
    async build(attributes, signal) {
      const built = await build(attributes, AbortSignal.any([whole, signal]))
      if (built.kind === 'answer') return built
      const result = { kind: 'refs' as const, built, refs: built.result.platforms.map(({ id }) => `${results.length}:${id}`) }
      results.push(result)
      return result
    },
    check: (ref) => void ofRef(ref),
    finish(refs) {
      const [first] = refs
      const result = first === undefined ? undefined : ofRef(first)
      if (result !== undefined && new Set(refs).symmetricDifference(new Set(result.refs)).size > 0) {
        throw new InvalidValueError('a result put together from several builds is not supported', { hint: 'return all platforms of one build' })
      }
      returned.resolve(result?.built)
    },
    fail: (status) => returned.reject(new GrpcStatusError(status)),
  }
}
