import type { Output, Vertex } from '../graph/vertex.ts'
import { rootKey } from './cacheKey.ts'
import type { CacheStore, KeyId } from './cacheStore.ts'
import type { Edge, KnownEdge } from './edge.ts'
import type { CacheMap, ResultId } from './op.ts'
import type { SharedOp } from './sharedOp.ts'

/** A key that a solve has come to, in the form of BuildKit's cache config. */
export interface SolvedRecord {
  readonly digest: KeyId
  /** For each input, how it may be called: by the record in that place of the list, which is an earlier one. */
  readonly inputs: readonly (readonly RecordInput[])[]
  /** Undefined where there is none, as of what is only content. */
  readonly result: ResultId | undefined
}

export interface RecordInput {
  readonly record: number
  readonly selector: string
}

/** What is left of a vertex's work once it is solved. */
export interface SolvedWork {
  readonly vertex: Vertex
  readonly op: Pick<SharedOp, 'cacheMap'>
  readonly edges: ReadonlyMap<number, Edge>
}

interface OpenRecord {
  readonly digest: KeyId
  readonly inputs: Map<string, RecordInput>[]
  result: ResultId | undefined
}

/**
 * How the results of a solve are found again on another machine. `works` has inputs before those that use them. Of what
 * was not asked for nothing is told; nor of what has an input that cannot be called by anything. What is not to be
 * exported has a record without a result, so that what stands on it is found.
 */
export async function collectRecords(works: Iterable<SolvedWork>, store: CacheStore): Promise<readonly SolvedRecord[]> {
  const records: OpenRecord[] = []
  const placeOfKey = new Map<KeyId, number>()
  const placeOfEdge = new Map<string, number>()

  function add(digest: KeyId, keys: readonly KeyId[]): number {
    const known = keys.map((key) => placeOfKey.get(key)).find((place) => place !== undefined && records[place]?.digest === digest)
    const place = known ?? records.push({ digest, inputs: [], result: undefined }) - 1
    for (const key of keys) placeOfKey.set(key, place)
    return place
  }

  /** A name by content is a key that nothing leads to, of whatever it was the content. */
  function contentsOf({ keys, names }: KnownEdge, input: number): readonly KeyId[] {
    const learned = (names?.exact[input] ?? []).map(({ key }) => key)
    const stored = keys.flatMap((key) => store.leadsTo(key)).filter((lead) => lead.input === input && lead.selector === '' && store.leadsTo(lead.parent).length === 0)
    return [...new Set([...learned, ...stored.map(({ parent }) => parent)])].sort()
  }

  function waysOf(work: SolvedWork, edge: KnownEdge, { map, position }: { readonly map: CacheMap; readonly position: number }): readonly RecordInput[] {
    const below = placeOfEdge.get(edgeName(work.vertex.inputs[position]))
    const defined = below === undefined ? [] : [{ record: below, selector: map.inputs[position]?.selector ?? '' }]
    if (map.inputs[position]?.contentDigest === undefined) return defined
    return [...defined, ...contentsOf(edge, position).map((key) => ({ record: add(key, [key]), selector: '' }))]
  }

  for (const work of works) {
    const map = await work.op.cacheMap()
    if (map.digest === undefined) continue
    for (const [output, edge] of work.edges) {
      const known = edge.known()
      const ways = work.vertex.inputs.map((_, position) => waysOf(work, known, { map, position }))
      if (known.keys.length === 0 || ways.some((list) => list.length === 0)) continue
      const place = add(rootKey(map.digest, output), known.keys)
      placeOfEdge.set(edgeName({ vertex: work.vertex.digest, index: output }), place)
      merge(records[place], ways, work.vertex.inputs.length === 0 || work.vertex.note.isCacheExported === false ? undefined : known.result)
    }
  }
  return records.map(({ digest, inputs, result }) => ({ digest, inputs: inputs.map((ways) => [...ways.values()]), result }))
}

function merge(record: OpenRecord | undefined, ways: readonly (readonly RecordInput[])[], result: ResultId | undefined): void {
  if (record === undefined) return
  record.result ??= result
  for (const [input, list] of ways.entries()) {
    const known = (record.inputs[input] ??= new Map<string, RecordInput>())
    for (const way of list) known.set(`${way.record} ${way.selector}`, way)
  }
}

function edgeName(output: Output | undefined): string {
  return output === undefined ? '' : `${output.vertex} ${output.index}`
}
