import { randomUUID } from 'node:crypto'
import type { Result } from '../api/gen/gateway_pb.ts'
import { GrpcStatusError, type GrpcStatus } from '../api/grpc/status.ts'
import type { BuiltImage } from '../dockerfile/lower/contexts/namedContext.ts'
import type { ResultFiles } from '../engine/build/resultFiles.ts'
import type { Answer, Build, BuildSubject, Built, ResultLookup, Steer } from '../engine/engine.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { orAborted } from '../kit/singleFlight.ts'
import type { ResultId } from '../solver/op.ts'
import { assembleResult, findWhole, type FoundRef } from './bridge/assembleResult.ts'
import { parseReturned, type ReturnedResult } from './bridge/returnedResult.ts'
import { createOpenBuilds } from './openBuilds.ts'

/**
 * Builds that the client drives itself: its `Control.Solve` names no frontend, but stays open while calls of
 * `LLBBridge` with the same reference build, and ends with the result that `Return` names.
 */
export interface GatewayBuilds {
  /** Takes the client's calls from when it is steered until it is disposed. */
  open(ref: string): OpenGatewayBuild
  /** @throws UnknownBuildError where no such build comes */
  find(ref: string, signal: AbortSignal): Promise<GatewayBuild>
  /** The results that builds have made and that can be inputs of others, by the id that each was given. */
  readonly resultOf: ResultLookup
}

export interface OpenGatewayBuild extends Disposable {
  /**
   * For `Engine.solve`: ends when the client returned. What is built can be an input until `ended` aborts. `attributes`
   * are those of the whole build. @throws GrpcStatusError as the client returned it
   */
  steer(attributes: ReadonlyMap<string, string>, ended: AbortSignal): Steer
}

export interface GatewayBuild {
  /** As of the whole build. */
  readonly attributes: ReadonlyMap<string, string>
  /** One reference for each platform's result, in their order. */
  build(subject: BuildSubject, signal: AbortSignal): Promise<BuiltRefs | Answer>
  /** Has the work done, which goes on where the call ends; undefined is an empty result. @throws InvalidValueError for a reference that `build` did not give */
  solve(ref: string, signal: AbortSignal): Promise<ResultId | undefined>
  /** The files of a result, for as long as they are held. @throws InvalidValueError as before */
  openFiles(ref: string, signal: AbortSignal): Promise<ResultFiles>
  /** References that `build` gave; undefined is a build of nothing. What is wrong with them ends the build, too. @throws InvalidValueError */
  finish(result: Result | undefined, signal: AbortSignal): Promise<void>
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
      steer: (attributes, ended) => async (build, signal) => {
        const returned = Promise.withResolvers<Built | undefined>()
        open.add(ref, createGatewayBuild({ attributes, build, returned, keep: keep(ended) }, signal))
        return await orAborted(returned.promise, signal)
      },
      [Symbol.dispose]: () => open.end(ref),
    }),
    find: (ref, signal) => open.find(ref, signal),
    resultOf: (id) => images.get(id),
  }
}

interface GatewayParts {
  readonly attributes: ReadonlyMap<string, string>
  readonly build: Build
  readonly returned: PromiseWithResolvers<Built | undefined>
  /** Gives the id by which the image can be an input. */
  readonly keep: (image: BuiltImage) => string
}

function createGatewayBuild({ attributes, build, returned, keep }: GatewayParts, whole: AbortSignal): GatewayBuild {
  const results: BuiltRefs[] = []
  const find = (ref: string): FoundRef => {
    for (const { built, refs } of results) {
      const index = refs.indexOf(ref)
      if (index >= 0) return { built, index }
    }
    throw new InvalidValueError(`no such reference: ${JSON.stringify(ref)}`)
  }
  const resultFor = async (result: ReturnedResult, signal: AbortSignal): Promise<Built | undefined> => {
    const found = result.parts.map((part) => ({ part, found: part.ref === '' ? undefined : find(part.ref) }))
    const known = findWhole(result, found)
    if (known !== undefined) return known
    const built = await build(assembleResult(result, found, attributes), AbortSignal.any([whole, signal]))
    return built.kind === 'built' ? built : undefined
  }
  const solve = async (ref: string, signal: AbortSignal): Promise<ResultId | undefined> => {
    const { built, index } = find(ref)
    return await orAborted(built.solve(index, whole), signal)
  }
  return {
    attributes,
    solve,
    async build(subject, signal) {
      const built = await build(subject, AbortSignal.any([whole, signal]))
      if (built.kind === 'answer') return built
      const { platforms } = built
      const result = { kind: 'refs' as const, built, refs: platforms.map(({ id }) => `${results.length}:${id}`), inputIds: platforms.map(({ image }) => keep(image)) }
      results.push(result)
      return result
    },
    async openFiles(ref, signal) {
      await solve(ref, signal)
      const { built, index } = find(ref)
      return await built.openFiles(index, AbortSignal.any([whole, signal]))
    },
    async finish(result, signal) {
      try {
        const parsed = parseReturned(result)
        returned.resolve(parsed === undefined ? undefined : await resultFor(parsed, signal))
      } catch (error) {
        returned.promise.catch(() => undefined) // the caller is told, too
        returned.reject(error)
        throw error
      }
    },
    fail: (status) => returned.reject(new GrpcStatusError(status)),
  }
}
