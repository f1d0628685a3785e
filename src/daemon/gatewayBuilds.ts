import { randomUUID } from 'node:crypto'
import type { Definition } from '../api/gen/ops_pb.ts'
import { GrpcStatusError, type GrpcStatus } from '../api/grpc/status.ts'
import type { BuiltImage } from '../dockerfile/lower/contexts/namedContext.ts'
import type { Answer, Build, Built, FrontendRequest, Steer } from '../engine/engine.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { orAborted } from '../kit/singleFlight.ts'
import { createOpenBuilds } from './openBuilds.ts'
import { parseResultDefinition } from './resultDefinition.ts'

/**
 * Builds that the client drives itself: its `Control.Solve` names no frontend, but stays open while calls of
 * `LLBBridge` with the same reference build, and ends with the result that `Return` names.
 */
export interface GatewayBuilds {
  /** Takes the client's calls from when it is steered until it is disposed. */
  open(ref: string): OpenGatewayBuild
  /** @throws UnknownBuildError where no such build comes */
  find(ref: string, signal: AbortSignal): Promise<GatewayBuild>
  /** The results that definitions stand for, by the same names. @throws InvalidValueError where one stands for none */
  inputs(definitions: Readonly<Record<string, Definition>>): ReadonlyMap<string, BuiltImage>
}

export interface OpenGatewayBuild extends Disposable {
  /** For `Engine.solve`: ends when the client returned. What is built can be an input until `ended` aborts. @throws GrpcStatusError as the client returned it */
  steer(ended: AbortSignal): Steer
}

export interface GatewayBuild {
  /** One reference for each platform's result, in their order. */
  build(request: FrontendRequest, signal: AbortSignal): Promise<BuiltRefs | Answer>
  /** Has the work done. @throws InvalidValueError for a reference that `build` did not give */
  evaluate(ref: string, signal: AbortSignal): Promise<void>
  /** References that `build` gave; none is a build of nothing. @throws InvalidValueError where they are not all those of one result */
  finish(refs: readonly string[]): void
  fail(status: GrpcStatus): void
}

export interface BuiltRefs {
  readonly kind: 'refs'
  readonly built: Built
  /** In the platforms' order, as the next. */
  readonly refs: readonly string[]
  /** By which each can be an input. */
  readonly inputIds: readonly string[]
}

export function createGatewayBuilds(): GatewayBuilds {
  const open = createOpenBuilds<GatewayBuild>()
  const images = new Map<string, BuiltImage>()
  const keep = (ended: AbortSignal) => (image: BuiltImage): string => {
    const id = randomUUID()
    images.set(id, image)
    ended.addEventListener('abort', () => images.delete(id), { once: true })
    return id
  }
  return {
    open: (ref) => ({
      steer: (ended) => async (build, signal) => {
        const returned = Promise.withResolvers<Built | undefined>()
        open.add(ref, createGatewayBuild({ build, returned, keep: keep(ended) }, signal))
        return await orAborted(returned.promise, signal)
      },
      [Symbol.dispose]: () => open.end(ref),
    }),
    find: (ref, signal) => open.find(ref, signal),
    inputs: (definitions) =>
      new Map(
        Object.entries(definitions).map(([name, definition]) => {
          const image = images.get(parseResultDefinition(definition))
          if (image === undefined) throw new InvalidValueError(`the input ${JSON.stringify(name)} is a result that is not here any more`, { hint: 'keep the build that has made it open' })
          return [name, image]
        }),
      ),
  }
}

interface GatewayParts {
  readonly build: Build
  readonly returned: PromiseWithResolvers<Built | undefined>
  /** Gives the id by which the image can be an input. */
  readonly keep: (image: BuiltImage) => string
}

function createGatewayBuild({ build, returned, keep }: GatewayParts, whole: AbortSignal): GatewayBuild {
  const results: BuiltRefs[] = []
  const ofRef = (ref: string): BuiltRefs => {
    const found = results.find(({ refs }) => refs.includes(ref))
    if (found === undefined) throw new InvalidValueError(`no such reference: ${JSON.stringify(ref)}`)
    return found
  }
  return {
    async build(request, signal) {
      const built = await build(request, AbortSignal.any([whole, signal]))
      if (built.kind === 'answer') return built
      const { platforms } = built
      const result = { kind: 'refs' as const, built, refs: platforms.map(({ id }) => `${results.length}:${id}`), inputIds: platforms.map(({ image }) => keep(image)) }
      results.push(result)
      return result
    },
    async evaluate(ref, signal) {
      await orAborted(ofRef(ref).built.evaluate(whole), signal)
    },
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
