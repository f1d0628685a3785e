import { randomUUID } from 'node:crypto'
import type { Result } from '../api/gen/gateway_pb.ts'
import { GrpcStatusError, type GrpcStatus } from '../api/grpc/status.ts'
import type { BuiltImage } from '../dockerfile/lower/contexts/namedContext.ts'
import type { FolderFiles } from '../engine/build/resultFiles.ts'
import type { Answer, Build, BuildSubject, Built, ResultLookup, Steer } from '../engine/engine.ts'
import { BuildError, InvalidValueError } from '../ground/errors.ts'
import { orAborted } from '../kit/singleFlight.ts'
import type { ResultId } from '../solver/op.ts'
import { assembleResult, findWhole, type FoundPart, type FoundRef } from './bridge/assembleResult.ts'
import { createRefFiles } from './bridge/refFiles.ts'
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
  /** A build whose calls come in another way than by a reference: those of a frontend that runs here. As of `steer`. */
  drive(build: DrivenParts, ended: AbortSignal, signal: AbortSignal): DrivenBuild
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

/** What a build that is driven by calls begins with. */
export interface DrivenParts {
  /** As of the whole build. */
  readonly attributes: ReadonlyMap<string, string>
  readonly build: Build
}

export interface DrivenBuild {
  readonly build: GatewayBuild
  /** What was returned: an answer where that is metadata alone. Rejects with the error that was. */
  readonly returned: Promise<Built | Answer | undefined>
}

export interface GatewayBuild {
  /** As of the whole build. */
  readonly attributes: ReadonlyMap<string, string>
  /** One reference for each platform's result, in their order. */
  build(subject: BuildSubject, signal: AbortSignal): Promise<BuiltRefs | Answer>
  /** Has the work done, which goes on where the call ends; undefined is an empty result. @throws InvalidValueError for a reference that `build` did not give */
  solve(ref: string, signal: AbortSignal): Promise<ResultId | undefined>
  /** What `work` reads of the files of a result. @throws InvalidValueError as before */
  read<T>(ref: string, work: (files: FolderFiles) => T, signal: AbortSignal): Promise<T>
  /** References that `build` gave; undefined is a build of nothing. What goes wrong ends the build, too, but for a reference that it does not know, and a second result. @throws InvalidValueError */
  finish(result: Result | undefined, signal: AbortSignal): Promise<void>
  /** @throws InvalidValueError where it has a result */
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
  const drive: GatewayBuilds['drive'] = (parts, ended, signal) => {
    const returned = Promise.withResolvers<Built | Answer | undefined>()
    return { build: createGatewayBuild({ ...parts, returned, keep: keep(ended) }, signal), returned: returned.promise }
  }
  return {
    drive,
    open: (ref) => ({
      steer: (attributes, ended) => async (build, signal) => {
        const driven = drive({ attributes, build }, ended, signal)
        open.add(ref, driven.build)
        const result = await orAborted(driven.returned, signal)
        return result?.kind === 'answer' ? undefined : result // what the client has answered itself it knows
      },
      [Symbol.dispose]: () => open.end(ref),
    }),
    find: (ref, signal) => open.find(ref, signal),
    resultOf: (id) => images.get(id),
  }
}

/** Each is kept until the build ends. More than any frontend makes, and an end for one that asks without end. */
const MAX_RESULTS = 10_000

interface GatewayParts extends DrivenParts {
  readonly returned: PromiseWithResolvers<Built | Answer | undefined>
  /** Gives the id by which the image can be an input. */
  readonly keep: (image: BuiltImage) => string
}

function createGatewayBuild({ attributes, build, returned, keep }: GatewayParts, whole: AbortSignal): GatewayBuild {
  const results: BuiltRefs[] = []
  let count = 0
  let isReturned = false
  const checkOpen = (): void => {
    if (isReturned) throw new InvalidValueError('gateway result is already set')
  }
  const { find, findReturned } = referencesIn(results)
  const files = createRefFiles(find, whole)
  const close = (): void => void files[Symbol.asyncDispose]() // nobody waits for what is no longer read
  returned.promise.then(close, close)
  whole.addEventListener('abort', close, { once: true })
  const resultFor = async (result: ReturnedResult, found: readonly FoundPart[], signal: AbortSignal): Promise<Built | undefined> => {
    const known = findWhole(result, found)
    if (known !== undefined) return known
    const built = await build(assembleResult(result, { parts: found, attributes, find }), AbortSignal.any([whole, signal]))
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
      if (count >= MAX_RESULTS) throw new InvalidValueError(`a build has more than ${MAX_RESULTS} results`, { hint: 'use what it has built already, or another build for the rest' })
      const built = await build(subject, AbortSignal.any([whole, signal]))
      if (built.kind === 'answer') return built
      const { platforms } = built
      count += platforms.length
      const result = { kind: 'refs' as const, built, refs: platforms.map(({ id }) => `${results.length}:${id}`), inputIds: platforms.map(({ image }) => keep(image)) }
      results.push(result)
      return result
    },
    read: (ref, work, signal) => orAborted(files.read(ref, work), signal),
    async finish(result, signal) {
      checkOpen()
      try {
        const parsed = parseReturned(result)
        const found = parsed && findReturned(parsed)
        isReturned = true
        returned.resolve(parsed === undefined || found === undefined ? answerOf(result) : await resultFor(parsed, found, signal))
      } catch (error) {
        if (error instanceof ReferenceUnknownError) throw error
        returned.promise.catch(() => undefined) // the caller is told, too
        returned.reject(error)
        throw error
      }
    },
    fail(status) {
      checkOpen()
      isReturned = true
      returned.reject(new GrpcStatusError(status))
    },
  }
}

interface References {
  /** @throws ReferenceUnknownError */
  readonly find: (ref: string) => FoundRef
  /** '' is an empty file system. @throws ReferenceUnknownError */
  readonly findReturned: (result: ReturnedResult) => readonly FoundPart[]
}

function referencesIn(results: readonly BuiltRefs[]): References {
  const lookUp = (ref: string): FoundRef | undefined => {
    const owner = results.find(({ refs }) => refs.includes(ref))
    return owner && { built: owner.built, index: owner.refs.indexOf(ref) }
  }
  return {
    find: (ref) => lookUp(ref) ?? raise(`no such ref: ${ref}, all [${results.flatMap(({ refs }) => refs).join(' ')}]`),
    findReturned({ parts, attestations }) {
      const found = (ref: string): FoundRef => lookUp(ref) ?? raise(`return reference ${ref} not found`)
      for (const { ref } of [...attestations.values()].flat()) found(ref)
      return parts.map((part) => ({ part, found: part.ref === '' ? undefined : found(part.ref) }))
    },
  }
}

/** In BuildKit's words. */
class ReferenceUnknownError extends BuildError {
  readonly kind = 'usage'
}

function raise(message: string): never {
  throw new ReferenceUnknownError(message)
}

/** Undefined is nothing at all. */
function answerOf(result: Result | undefined): Answer | undefined {
  const metadata = Object.entries(result?.metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString()] as const)
  return metadata.length === 0 ? undefined : { kind: 'answer', metadata: new Map(metadata) }
}
