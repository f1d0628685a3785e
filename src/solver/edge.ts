import type { Vertex } from '../graph/vertex.ts'
import type { Digest } from '../ground/digest.ts'
import { once } from '../kit/once.ts'
import { contentKey, type Alternative } from './cacheKey.ts'
import type { KeyId, ResultRecord } from './cacheStore.ts'
import { createKeyFinder, type InputAlternatives, type InputNames, type KeyFinder } from './keyFinder.ts'
import type { CacheMap, ResultId } from './op.ts'
import type { SharedOp } from './sharedOp.ts'
import type { EdgeCache } from './solveCache.ts'

/**
 * One output of one vertex on its way to a result. What is known of it only grows, in three steps, and each is taken
 * once, when somebody asks for it:
 *
 * 1. `findByDefinition` follows the keys of the inputs, and runs nothing.
 * 2. `findByContent` goes on where that led nowhere (`open`): it lets the inputs do the same, and then, if all the
 *    inputs that count by definition lead somewhere, brings the others' results and follows what is in them.
 * 3. `finish` takes the result that was found, or executes.
 */
export interface Edge {
  findByDefinition(): Promise<KeyState>
  findByContent(): Promise<KeyState>
  finish(): Promise<Finished>
  /** Has the local cache know what keys of other machines the names that the inputs have here lead to. */
  adopt(): Promise<void>
  /** As far as it has come; nothing is looked up for it. */
  known(): KnownEdge
}

export interface KnownEdge {
  readonly keys: readonly KeyId[]
  readonly result: ResultId | undefined
  /** Whether the result is one that was found and taken. */
  readonly isTaken: boolean
  /** How the inputs are called, where that had to be found out. */
  readonly names: InputNames | undefined
}

export type KeyState =
  /** A result is there, and nothing below is needed. */
  | { readonly kind: 'hit'; readonly keys: readonly KeyId[]; readonly result: ResultId }
  /** The cache knows the output, but its result is gone (or never was kept). */
  | { readonly kind: 'known'; readonly keys: readonly KeyId[] }
  /** No key is reached by definition; content may still lead to one. */
  | { readonly kind: 'open' }
  /** Neither leads to a key: it has to be executed. */
  | { readonly kind: 'miss' }

export interface Finished {
  /** Empty where the result cannot be found again by definition. */
  readonly keys: readonly KeyId[]
  readonly result: ResultId
}

/** What an edge needs of the vertex that it is an output of. */
export interface EdgeWork {
  readonly vertex: Vertex
  /** The edges that its inputs are. */
  readonly inputs: readonly Edge[]
  readonly op: SharedOp
  /** Says of it, and of all below it that nobody has begun, that it need not be done. */
  tellCached(): void
}

const MISS: KeyState = { kind: 'miss' }
const OPEN: KeyState = { kind: 'open' }

export function createEdge(work: EdgeWork, index: number, cache: EdgeCache): Edge {
  const { vertex, inputs } = work
  let known: KnownEdge = { keys: [], result: undefined, isTaken: false, names: undefined }
  const learn = (state: KeyState): KeyState => {
    if (state.kind === 'hit' || state.kind === 'known') known = { ...known, keys: state.keys, result: state.kind === 'hit' ? state.result : undefined }
    return state
  }
  const nameAll = async (need: 'names' | 'results'): Promise<InputNames> => {
    const names = await nameInputs(work, need, cache)
    known = { ...known, names }
    return names
  }

  const findByDefinition = once(async (): Promise<KeyState> => {
    const map = await work.op.cacheMap()
    // What stands on a hidden vertex must not find its old results either.
    if (vertex.note.ignoreCache || map.digest === undefined) return MISS
    const states = await Promise.all(inputs.map((input) => input.findByDefinition()))
    return learn(settle(cache, finderOf(map).matching(byDefinition(map, states.map(keysOf))), OPEN))
  })

  const findByContent = once(async (): Promise<KeyState> => {
    const defined = await findByDefinition()
    if (defined.kind !== 'open') return defined
    const map = await work.op.cacheMap()
    const states = await Promise.all(inputs.map((input) => input.findByContent()))
    const ways = byDefinition(map, states.map(keysOf))
    const deeper = learn(settle(cache, finderOf(map).learn({ exact: ways, all: ways }), OPEN))
    if (deeper.kind !== 'open') return deeper
    if (!finderOf(map).mayMatchByContent(ways)) return MISS
    const found = learn(settle(cache, finderOf(map).learn(await nameAll('names')), MISS))
    // By definition it is found from now on as the newest of all that this has come to.
    if (found.kind === 'hit' && !isImported(found, cache)) cache.store.record({ links: [], results: resultsUnder(found.keys, found.result) })
    return found
  })

  const finish = once(async (): Promise<Finished> => {
    const state = await findByContent()
    if (state.kind === 'hit' && (await take(state))) {
      work.tellCached()
      return { keys: state.keys, result: state.result }
    }
    const names = await nameAll('results')
    const results = await work.op.execute(await resultsOf(inputs))
    const result = results[index]
    if (result === undefined) throw new Error(`${vertex.note.name} has no output ${index}`)
    const finder = finderOf(await work.op.cacheMap())
    const keys = finder.own(names)
    cache.store.record({ links: finder.links(names.all, keys), results: work.op.isKept() ? resultsUnder(keys, result) : [] })
    known = { keys, result, isTaken: false, names }
    return { keys, result }
  })

  /** False where the result cannot be had after all. */
  const take = async (hit: Hit): Promise<boolean> => {
    if (!(await work.op.obtain(hit.result))) {
      cache.store.removeResult(hit.result)
      return false
    }
    known = { ...known, isTaken: true }
    if (isImported(hit, cache)) cache.store.record({ links: [], results: resultsUnder(hit.keys, hit.result) })
    return true
  }

  const finderOf = (map: CacheMap): KeyFinder => createKeyFinder(cache.store, map, index)
  return { findByDefinition, findByContent, finish, adopt: () => adoptKeys(work, known, { cache, finderOf }), known: () => known }
}

interface Adopting {
  readonly cache: EdgeCache
  readonly finderOf: (map: CacheMap) => KeyFinder
}

async function adoptKeys(work: EdgeWork, { keys, names }: KnownEdge, { cache, finderOf }: Adopting): Promise<void> {
  const foreign = keys.filter((key) => cache.imported?.knows(key))
  if (foreign.length === 0 || work.inputs.length === 0) return
  const ways = names?.all ?? (await nameByDefinition(work))
  cache.store.record({ links: finderOf(await work.op.cacheMap()).links(ways, foreign), results: [] })
}

function isImported({ keys, result }: Pick<Hit, 'keys' | 'result'>, { imported }: EdgeCache): boolean {
  return imported?.results(keys).includes(result) === true
}

type Hit = Extract<KeyState, { readonly kind: 'hit' }>

async function nameByDefinition({ inputs, op }: EdgeWork): Promise<InputAlternatives> {
  const map = await op.cacheMap()
  return byDefinition(map, (await Promise.all(inputs.map((input) => input.findByDefinition()))).map(keysOf))
}

/** The names of the inputs. Those that count by definition alone need not be there for it, where they have keys. */
async function nameInputs({ inputs, op }: EdgeWork, need: 'names' | 'results', { isShared }: EdgeCache): Promise<InputNames> {
  const map = await op.cacheMap()
  const names = await Promise.all(
    inputs.map(async (input, position) => {
      const isNamed = need === 'names' && map.inputs[position]?.contentDigest === undefined
      const found = isNamed ? keysOf(await input.findByContent()) : []
      if (found.length > 0) return toNames(found.map((key) => ({ key, selector: selectorOf(map, position) })))
      const { keys, result } = await input.finish()
      const defined = keys.map((key) => ({ key, selector: selectorOf(map, position) }))
      const content = await op.contentDigest(position, result)
      const shared = isShared && content !== undefined ? await op.sharedDigest(position, result) : undefined
      return toNames(defined, [content, shared])
    }),
  )
  return { exact: names.map(({ exact }) => exact), all: names.map(({ all }) => all) }
}

function toNames(defined: readonly Alternative[], contents: readonly (Digest | undefined)[] = []): { readonly exact: readonly Alternative[]; readonly all: readonly Alternative[] } {
  const exact = contents.flatMap((content) => (content === undefined ? [] : [{ key: contentKey(content), selector: '' }]))
  if (exact.length === 0) return { exact: defined, all: defined }
  return { exact, all: [...exact, ...defined] }
}

function resultsUnder(keys: readonly KeyId[], result: ResultId): readonly ResultRecord[] {
  return keys.map((key) => ({ key, result }))
}

async function resultsOf(inputs: readonly Edge[]): Promise<readonly ResultId[]> {
  const finished = await Promise.all(inputs.map((input) => input.finish()))
  return finished.map(({ result }) => result)
}

/**
 * What `keys` come to. Of a hit those are kept that have the result: what stands on it must not find what stood on
 * another. Those of other machines stay in any case, since what is known of the steps above may be theirs alone.
 */
export function settle(cache: EdgeCache, keys: readonly KeyId[], otherwise: KeyState): KeyState {
  if (keys.length === 0) return otherwise
  const result = newestPresent(cache, keys)
  if (result === undefined) return { kind: 'known', keys }
  return { kind: 'hit', keys: keys.length === 1 ? keys : keys.filter((key) => cache.imported?.knows(key) === true || cache.store.results([key]).includes(result)), result }
}

export function keysOf(state: KeyState): readonly KeyId[] {
  return state.kind === 'hit' || state.kind === 'known' ? state.keys : []
}

export function byDefinition(map: CacheMap, keys: readonly (readonly KeyId[])[]): InputAlternatives {
  return keys.map((known, input) => known.map((key) => ({ key, selector: selectorOf(map, input) })))
}

function selectorOf(map: CacheMap, input: number): string {
  return map.inputs[input]?.selector ?? ''
}

/** Results that are gone are forgotten on the way. */
function newestPresent({ store, resolver }: EdgeCache, keys: readonly KeyId[]): ResultId | undefined {
  return store.results(keys).find((result) => {
    if (resolver.isPresent(result)) return true
    store.removeResult(result)
    return false
  })
}
