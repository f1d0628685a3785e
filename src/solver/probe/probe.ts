import type { Digest } from '../../ground/digest.ts'
import type { BuildError } from '../../ground/errors.ts'
import type { Graph, Output } from '../../graph/vertex.ts'
import type { CacheStore } from '../cacheStore.ts'
import type { OpResolver, ResultId } from '../op.ts'
import type { Waiter } from '../vertexStory.ts'
import { createOutlooks, type Outlook, type OutlookOptions, type Outlooks } from './outlook.ts'

/** What a solve would do with a vertex. */
export type Prospect =
  /** Nothing: its result is there, or nothing needs it. Undefined where it is only not needed. */
  | { readonly kind: 'cached'; readonly result: ResultId | undefined }
  /** `failure` is why that cannot even begin. */
  | { readonly kind: 'runs'; readonly failure: BuildError | undefined }
  /** What is in the results of `until`, which are not here yet, decides. */
  | { readonly kind: 'unknown'; readonly until: ReadonlySet<Digest> }

/**
 * Tells what a solve would do, by the same keys, and does none of it: nothing is executed but what `mayRun` takes, whose
 * content decides, and nothing is written to the cache. Another solve at the same time may make it out of date.
 */
export interface Probe {
  /** For every vertex of `graph`. */
  probe(graph: Graph, roots: readonly Output[], waiter: Waiter, signal: AbortSignal): Promise<ReadonlyMap<Digest, Prospect>>
}

export interface ProbeOptions extends Pick<OutlookOptions, 'mayRun' | 'isReadable' | 'now'> {
  /** Whose `isPresent` leaves what it finds as it is. */
  readonly resolver: Pick<OpResolver, 'opFor' | 'isPresent'>
  readonly cache: CacheStore
}

export function createProbe(options: ProbeOptions): Probe {
  return {
    async probe(graph, roots, waiter, signal) {
      const outlooks = createOutlooks({ ...options, graph, waiter }, signal)
      const demands: Demands = { outlooks, finished: new Map(), asked: new Map() }
      for (const root of roots) await finish(root, SURE, demands)
      const found = new Map<Digest, Prospect>()
      for (const { output, demand } of demands.finished.values()) {
        const prospect = toProspect(await outlooks.outlook(output), demand)
        found.set(output.vertex, prospect.kind === 'runs' ? { kind: 'runs', failure: prospect.failure ?? (await outlooks.findFailure(output)) } : prospect)
      }
      return new Map([...graph.keys()].map((digest) => [digest, found.get(digest) ?? (outlooks.reader.hasRun(digest) ? RUNS : UNNEEDED)]))
    },
  }
}

/** Whether something surely is asked for, or only where what is not known comes out one way. */
type Demand = { readonly kind: 'sure' } | { readonly kind: 'maybe'; readonly until: ReadonlySet<Digest> }

const SURE: Demand = { kind: 'sure' }
const RUNS: Prospect = { kind: 'runs', failure: undefined }
const UNNEEDED: Prospect = { kind: 'cached', result: undefined }

interface Demanded {
  readonly output: Output
  readonly demand: Demand
}

interface Demands {
  readonly outlooks: Outlooks
  /** Whose results are asked for. */
  readonly finished: Map<string, Demanded>
  /** Whose content is asked for, to be told apart by. */
  readonly asked: Map<string, Demanded>
}

/** As an edge's `finish`. */
async function finish(output: Output, demand: Demand, demands: Demands): Promise<void> {
  if (!note(demands.finished, output, demand)) return
  const { outlooks } = demands
  await ask(output, demand, demands)
  const outlook = await outlooks.outlook(output)
  if (outlook.kind === 'hit') return
  const map = await outlooks.reader.cacheMap(output.vertex)
  for (const [position, input] of outlooks.reader.vertex(output.vertex).inputs.entries()) {
    const countsByContent = map.inputs[position]?.contentDigest !== undefined
    const below = await outlooks.outlook(input)
    // An input that counts by content and has to be made is made, whatever the others come to; one that has keys, only if no content matches.
    const isOpen = 'until' in outlook && (outlook.kind === 'open-input' ? !(countsByContent && isMiss(below)) : !countsByContent && hasKeys(below))
    await finish(input, isOpen ? { kind: 'maybe', until: outlook.until } : demand, demands)
  }
}

/** As an edge's `findByContent`, which has inputs made where their content decides, and those that have no keys. */
async function ask(output: Output, demand: Demand, demands: Demands): Promise<void> {
  if (!note(demands.asked, output, demand)) return
  const depth = await demands.outlooks.depth(output)
  if (depth === 'definition') return
  const { inputs } = await demands.outlooks.reader.cacheMap(output.vertex)
  for (const [position, input] of demands.outlooks.reader.vertex(output.vertex).inputs.entries()) {
    const isNamed = inputs[position]?.contentDigest === undefined && hasKeys(await demands.outlooks.outlook(input))
    if (depth === 'contents' && !isNamed) await finish(input, demand, demands)
    else await ask(input, demand, demands)
  }
}

/** False where as much was known before. */
function note(noted: Map<string, Demanded>, output: Output, demand: Demand): boolean {
  const key = `${output.vertex} ${output.index}`
  const before = noted.get(key)
  if (before !== undefined && (before.demand.kind === 'sure' || demand.kind === 'maybe')) return false
  noted.set(key, { output, demand })
  return true
}

function hasKeys({ kind }: Outlook): boolean {
  return kind === 'hit' || kind === 'known'
}

function isMiss({ kind }: Outlook): boolean {
  return kind === 'miss' || kind === 'failing'
}

function toProspect(outlook: Outlook, demand: Demand): Prospect {
  switch (outlook.kind) {
    case 'hit':
      return { kind: 'cached', result: outlook.result }
    case 'own-content':
    case 'open-input':
      return { kind: 'unknown', until: outlook.until }
    case 'failing':
      return { kind: 'runs', failure: outlook.error }
    case 'open':
    case 'known':
    case 'miss':
      return demand.kind === 'sure' ? RUNS : { kind: 'unknown', until: demand.until }
  }
}
