import type { Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import type { Output } from '../../graph/vertex.ts'
import { contentKey } from '../cacheKey.ts'
import type { CacheStore, KeyId } from '../cacheStore.ts'
import { byDefinition, keysOf, settle, type KeyState } from '../edge.ts'
import type { EdgeCache } from '../solveCache.ts'
import { createKeyFinder, type InputAlternatives, type KeyFinder } from '../keyFinder.ts'
import type { CacheMap, ResultId } from '../op.ts'
import { keep } from './keep.ts'
import { createVertexReader, type VertexReader, type VertexReaderOptions } from './vertexReader.ts'

/** What an edge would come to, as far as that can be told: `findByDefinition` and `findByContent` of an edge without anything being executed. */
export type Outlook =
  | KeyState
  /** What is in the result of one of its own inputs decides, which is not here: it will be made first. */
  | { readonly kind: 'own-content'; readonly until: ReadonlySet<Digest> }
  /** It hangs on an input that is one of these. */
  | { readonly kind: 'open-input'; readonly until: ReadonlySet<Digest> }
  /** An input lacks what is read of it. */
  | { readonly kind: 'failing'; readonly error: BuildError }

/** How far an edge goes until it knows: its key, those of its inputs, or what is in them, for which all of them are made. */
export type Depth = 'definition' | 'inputs' | 'contents'

export interface Outlooks {
  outlook(output: Output): Promise<Outlook>
  /** Of the outlook. */
  depth(output: Output): Promise<Depth>
  /** Why it could not even begin, as far as that is in files that may be read. */
  findFailure(output: Output): Promise<BuildError | undefined>
  readonly reader: VertexReader
}

export interface OutlookOptions extends VertexReaderOptions {
  readonly cache: CacheStore
  /** Whether the files of a result are here. */
  readonly isReadable: (result: ResultId) => boolean
}

const MISS: Outlook = { kind: 'miss' }
const OPEN: KeyState = { kind: 'open' }

export function createOutlooks(options: OutlookOptions, signal: AbortSignal): Outlooks {
  const reader = createVertexReader(options, signal)
  // To look is to change nothing.
  const cache: EdgeCache = { resolver: options.resolver, store: { ...options.cache, record: () => undefined, removeResult: () => undefined }, imported: undefined, isShared: false }
  const compared = new Set<OutputKey>()
  const defined = keep((key: OutputKey): Promise<KeyState> => findByDefinition(toOutput(key), { reader, cache, defined: (input) => defined(toKey(input)) }))
  const found = keep((key: OutputKey) => findByContent(toOutput(key)))

  async function findByContent(output: Output): Promise<Outlook> {
    const known = await defined(toKey(output))
    if (known.kind !== 'open') return known
    const map = await reader.cacheMap(output.vertex)
    const finder = createKeyFinder(cache.store, map, output.index)
    const states = await Promise.all(reader.vertex(output.vertex).inputs.map((input) => found(toKey(input))))
    const ways = byDefinition(map, states.map(knownKeys))
    if (!finder.mayMatchByContent(ways, (input) => isUndecided(states[input]))) return MISS
    const untils = states.flatMap((state) => ('until' in state ? [...state.until] : []))
    if (untils.length > 0) return { kind: 'open-input', until: new Set(untils) }
    const deeper = settle(cache, finder.matching(ways), OPEN)
    if (deeper.kind !== 'open') return deeper
    compared.add(toKey(output))
    return await compareContents(output, { map, finder, states, ways }, { ...options, reader, cache })
  }

  return {
    outlook: (output) => found(toKey(output)),
    async depth(output) {
      await found(toKey(output))
      if ((await defined(toKey(output))).kind !== 'open') return 'definition'
      return compared.has(toKey(output)) ? 'contents' : 'inputs'
    },
    findFailure: (output) => findFailure(output, reader),
    reader,
  }
}

interface Defining {
  readonly reader: VertexReader
  readonly cache: EdgeCache
  readonly defined: (input: Output) => Promise<KeyState>
}

async function findByDefinition(output: Output, { reader, cache, defined }: Defining): Promise<KeyState> {
  const { inputs, note, digest } = reader.vertex(output.vertex)
  const map = await reader.cacheMap(digest)
  if (note.ignoreCache || map.digest === undefined) return { kind: 'miss' }
  const states = await Promise.all(inputs.map(defined))
  return settle(cache, createKeyFinder(cache.store, map, output.index).matching(byDefinition(map, states.map(keysOf))), OPEN)
}

interface Comparison {
  readonly map: CacheMap
  readonly finder: KeyFinder
  readonly states: readonly Outlook[]
  readonly ways: InputAlternatives
}

interface Comparing extends Pick<OutlookOptions, 'isReadable'> {
  readonly reader: VertexReader
  readonly cache: EdgeCache
}

async function compareContents({ vertex }: Output, { map, finder, states, ways }: Comparison, comparing: Comparing): Promise<Outlook> {
  const missing = new Set<Digest>()
  const alternatives = [...ways]
  for (const [position, input] of comparing.reader.vertex(vertex).inputs.entries()) {
    if (map.inputs[position]?.contentDigest === undefined) continue
    const content = await readContent({ vertex, position, input }, states[position], comparing)
    if (content instanceof BuildError) return { kind: 'failing', error: content }
    if (content === undefined) missing.add(input.vertex)
    else alternatives[position] = [{ key: contentKey(content), selector: '' }]
  }
  if (missing.size > 0) return { kind: 'own-content', until: missing }
  return settle(comparing.cache, finder.matching(alternatives), { kind: 'miss' })
}

interface ReadInput {
  readonly vertex: Digest
  readonly position: number
  readonly input: Output
}

/** Undefined where the input's files are not here. */
async function readContent({ vertex, position, input }: ReadInput, state: Outlook | undefined, { isReadable, reader }: Comparing): Promise<Digest | BuildError | undefined> {
  const result = state?.kind === 'hit' ? state.result : (await reader.run(input.vertex))?.[input.index]
  return result === undefined || !isReadable(result) ? undefined : await reader.contentDigest(vertex, position, result)
}

async function findFailure({ vertex }: Output, reader: VertexReader): Promise<BuildError | undefined> {
  const { inputs } = await reader.cacheMap(vertex)
  for (const [position, input] of reader.vertex(vertex).inputs.entries()) {
    const result = inputs[position]?.contentDigest === undefined ? undefined : (await reader.run(input.vertex))?.[input.index]
    const content = result === undefined ? undefined : await reader.contentDigest(vertex, position, result)
    if (content instanceof BuildError) return content
  }
  return undefined
}

function knownKeys(state: Outlook): readonly KeyId[] {
  return state.kind === 'hit' || state.kind === 'known' ? state.keys : []
}

function isUndecided(state: Outlook | undefined): boolean {
  return state !== undefined && 'until' in state
}

type OutputKey = `${Digest} ${number}`

function toKey({ vertex, index }: Output): OutputKey {
  return `${vertex} ${index}`
}

function toOutput(key: OutputKey): Output {
  const [vertex = '', index] = key.split(' ')
  return { vertex: vertex as Digest, index: Number(index) }
}
