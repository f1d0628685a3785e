import { formatLink } from './cacheKey.ts'
import type { CacheLink, CacheStore, KeyId, Lead, LinkRecord, ResultRecord } from './cacheStore.ts'
import type { ResultId } from './op.ts'

/** A cache that ends with the process and has no limit. */
export function createMemoryCacheStore(): CacheStore {
  const children = new Map<string, Set<KeyId>>()
  const leads = new Map<KeyId, Map<string, Lead>>()
  const results = new Map<KeyId, Map<ResultId, number>>()
  let clock = 0

  const addLink = ({ parent, link, child }: LinkRecord): void => {
    const place = placeOf(parent, link)
    children.set(place, (children.get(place) ?? new Set()).add(child))
    leads.set(child, (leads.get(child) ?? new Map<string, Lead>()).set(place, { parent, input: link.input, selector: link.selector }))
  }
  const addResult = ({ key, result }: ResultRecord): void => {
    results.set(key, (results.get(key) ?? new Map<ResultId, number>()).set(result, ++clock))
  }
  return {
    follow: (parent, link) => [...(children.get(placeOf(parent, link)) ?? [])],
    leadsTo: (child) => [...(leads.get(child)?.values() ?? [])],
    results(keys) {
      const dated = keys.flatMap((key) => [...(results.get(key) ?? [])])
      return [...new Set(dated.sort(([, a], [, b]) => b - a).map(([result]) => result))]
    },
    record(entry) {
      entry.links.forEach(addLink)
      entry.results.forEach(addResult)
    },
    removeResult(result) {
      for (const held of results.values()) held.delete(result)
    },
  }
}

function placeOf(parent: KeyId, link: CacheLink): string {
  return `${parent} ${formatLink(link)}`
}
