import { derivedKey, rootKey, type Alternative } from './cacheKey.ts'
import type { CacheLink, CacheStore, KeyId, LinkRecord } from './cacheStore.ts'
import type { CacheMap } from './op.ts'

/** For each input of an op, all the ways in which it may be named; the best first. */
export type InputAlternatives = readonly (readonly Alternative[])[]

/** The keys of one output, as the store and its inputs tell them. An op whose digest is not known has none. */
export interface KeyFinder {
  /** Those that every input leads to. */
  matching(inputs: InputAlternatives): readonly KeyId[]
  /** The same; and each way to them is remembered, so that the next look-up finds them by any. */
  learn(inputs: InputAlternatives): readonly KeyId[]
  /** Those under which an executed output is kept: a new one where nothing matches. Empty where an input has no name. */
  own(inputs: InputAlternatives): readonly KeyId[]
  /** Whether each input that counts by definition only leads somewhere, so that the content of the others decides. `mayLead` tells inputs of which more may be known later. */
  mayMatchByContent(inputs: InputAlternatives, mayLead?: (input: number) => boolean): boolean
  links(inputs: InputAlternatives, children: readonly KeyId[]): readonly LinkRecord[]
}

export function createKeyFinder(store: CacheStore, map: CacheMap, output: number): KeyFinder {
  const { digest } = map
  if (digest === undefined) return NO_KEYS
  const linkOf = (input: number, selector: string): CacheLink => ({ input, output, digest, selector })
  const reach = (ways: readonly Alternative[], input: number): ReadonlySet<KeyId> =>
    new Set(ways.flatMap(({ key, selector }) => store.follow(key, linkOf(input, selector))))

  const finder: KeyFinder = {
    matching(inputs) {
      if (inputs.length === 0) return [rootKey(digest, output)]
      return [...inputs.map(reach).reduce((common, next) => common.intersection(next))].sort()
    },
    learn(inputs) {
      const keys = finder.matching(inputs)
      if (keys.length > 0) store.record({ links: finder.links(inputs, keys), results: [] })
      return keys
    },
    own(inputs) {
      const known = finder.matching(inputs)
      if (known.length > 0) return known
      const best = inputs.flatMap((ways) => ways.slice(0, 1))
      return best.length < inputs.length ? [] : [derivedKey(digest, output, best)]
    },
    mayMatchByContent: (inputs, mayLead) => inputs.every((ways, input) => map.inputs[input]?.contentDigest !== undefined || mayLead?.(input) === true || reach(ways, input).size > 0),
    links: (inputs, children) =>
      inputs.flatMap((ways, input) => ways.flatMap(({ key, selector }) => children.map((child) => ({ parent: key, link: linkOf(input, selector), child })))),
  }
  return finder
}

const NO_KEYS: KeyFinder = { matching: () => [], learn: () => [], own: () => [], mayMatchByContent: () => false, links: () => [] }
