import { derivedKey, rootKey, type Alternative } from './cacheKey.ts'
import type { CacheLink, CacheStore, KeyId, LinkRecord } from './cacheStore.ts'
import type { CacheMap } from './op.ts'

/** For each input of an op, ways in which it may be named. */
export type InputAlternatives = readonly (readonly Alternative[])[]

/** How the inputs of an op are called. */
export interface InputNames {
  /** What tells inputs apart that are not the same: their content where it counts, else their keys. */
  readonly exact: InputAlternatives
  /** All. A key of an input whose content counts may have been that of another content. */
  readonly all: InputAlternatives
}

/** The keys of one output, as the store and its inputs tell them. An op whose digest is not known has none. */
export interface KeyFinder {
  /** Those that every input leads to. */
  matching(inputs: InputAlternatives): readonly KeyId[]
  /** Those that the exact names lead to; and each name is remembered, so that the next look-up finds them by any. */
  learn(names: InputNames): readonly KeyId[]
  /** Those under which an executed output is kept: a new one where no exact names lead to any. Empty where an input has no name. */
  own(names: InputNames): readonly KeyId[]
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
    learn({ exact, all }) {
      const keys = finder.matching(exact)
      if (keys.length > 0) store.record({ links: finder.links(all, keys), results: [] })
      return keys
    },
    own({ exact }) {
      const known = finder.matching(exact)
      if (known.length > 0) return known
      const first = exact.flatMap((ways) => ways.slice(0, 1))
      return first.length < exact.length ? [] : [derivedKey(digest, output, first)]
    },
    mayMatchByContent: (inputs, mayLead) => inputs.every((ways, input) => map.inputs[input]?.contentDigest !== undefined || mayLead?.(input) === true || reach(ways, input).size > 0),
    links: (inputs, children) =>
      inputs.flatMap((ways, input) => ways.flatMap(({ key, selector }) => children.map((child) => ({ parent: key, link: linkOf(input, selector), child })))),
  }
  return finder
}

const NO_KEYS: KeyFinder = { matching: () => [], learn: () => [], own: () => [], mayMatchByContent: () => false, links: () => [] }
