import type { Digest } from '../ground/digest.ts'
import { BuildError } from '../ground/errors.ts'
import type { Vertex } from '../graph/vertex.ts'
import type { CacheMap, Op, OpContext, OpResolver, ResultId } from './op.ts'
import { VertexFailedError } from './vertexFailedError.ts'
import type { VertexStory } from './vertexStory.ts'

/** An op each part of which runs once, whoever asks. What fails is told in the vertex's story, and thrown as a VertexFailedError. */
export interface SharedOp {
  cacheMap(): Promise<CacheMap>
  /** Undefined where the input counts by definition only. */
  contentDigest(input: number, result: ResultId): Promise<Digest | undefined>
  /** As BuildKit tells it; undefined as well where that is not known. */
  sharedDigest(input: number, result: ResultId): Promise<Digest | undefined>
  execute(inputs: readonly ResultId[]): Promise<readonly ResultId[]>
  /** Of what was executed, whether others may find it in the cache. */
  isKept(): boolean
  /** As `OpResolver.obtain`. */
  obtain(result: ResultId): Promise<boolean>
  /** Stops what runs, and ends when it has. Nothing can be begun any more. */
  cancel(): Promise<void>
}

export interface SharedOpOptions {
  readonly vertex: Vertex
  readonly op: Op
  readonly obtain: OpResolver['obtain']
  readonly story: VertexStory
  readonly onFailed: () => void
  /** As OpContext has it; it may grow. */
  readonly height: () => number
}

export function createSharedOp({ vertex, op, obtain, story, onFailed, height }: SharedOpOptions): SharedOp {
  const controller = new AbortController()
  const { signal } = controller
  const running = new Set<Promise<unknown>>()
  const contents = new Map<string, Promise<Digest | undefined>>()
  let map: Promise<CacheMap> | undefined
  let results: Promise<readonly ResultId[]> | undefined
  let isKept = true

  const context: OpContext = {
    vertex,
    progress: (event) => story.tellPart(event),
    get height() { return height() },
    get sessionId() { return story.sessionId() },
    keepNothing: () => void (isKept = false),
  }

  async function run<T>(part: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const promise = part()
    running.add(promise)
    try {
      return await promise
    } catch (error) {
      signal.throwIfAborted()
      onFailed()
      story.finish({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
      throw error instanceof BuildError ? new VertexFailedError(vertex, error) : error
    } finally {
      running.delete(promise)
    }
  }

  const cacheMap = (): Promise<CacheMap> => (map ??= run(() => op.cacheMap(context, signal)))

  async function digestContent(input: number, result: ResultId): Promise<Digest | undefined> {
    const digest = (await cacheMap()).inputs[input]?.contentDigest
    return digest === undefined ? undefined : run(() => digest(result, context, signal))
  }

  async function execute(inputs: readonly ResultId[]): Promise<readonly ResultId[]> {
    story.start()
    const made = await run(() => op.execute(inputs, context, signal))
    story.finish({ kind: 'executed' })
    return made
  }

  return {
    cacheMap,
    contentDigest(input, result) {
      const name = `${input} ${result}`
      const known = contents.get(name) ?? digestContent(input, result)
      contents.set(name, known)
      return known
    },
    async sharedDigest(input, result) {
      const digest = (await cacheMap()).inputs[input]?.sharedDigest
      return digest === undefined ? undefined : run(() => digest(result, context, signal))
    },
    execute: (inputs) => (results ??= execute(inputs)),
    isKept: () => isKept,
    obtain: (result) => run(() => obtain(result, context, signal)),
    cancel: () => cancelAll(controller, running),
  }
}

async function cancelAll(controller: AbortController, running: ReadonlySet<Promise<unknown>>): Promise<void> {
  controller.abort(new DOMException('nobody waits for this step any more', 'AbortError'))
  await Promise.allSettled(running)
}
