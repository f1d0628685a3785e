import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import { digestOf } from '../../ground/digest.ts'
import { rootKey } from '../cacheKey.ts'
import type { CacheLink, CacheStore, KeyId, Lead } from '../cacheStore.ts'
import type { ResultId } from '../op.ts'

/** One key of a cache of another machine, as BuildKit's cache config has it. */
export interface ImportedRecord {
  /** Of an op and its output, or of content: what `rootKey` and `contentKey` give. */
  readonly digest: KeyId
  /** For each input the keys that it may have: the place of their record in the list. */
  readonly inputs: readonly (readonly { readonly record: number; readonly selector: string }[])[]
  /** Newest first. */
  readonly results: readonly ResultId[]
}

/** What other machines know, by the links of the local cache. Nothing is written to it but that a result is gone. */
export interface ImportedKeys extends Pick<CacheStore, 'follow' | 'leadsTo' | 'results' | 'removeResult'> {
  /** Whether a record has this key. */
  knows(key: KeyId): boolean
}

/**
 * A record's key is made of its own digest and its inputs' keys, so that it is the same for each import of it. Records
 * that lead to themselves, or name one that is not there, are left out, and all that stand on them.
 */
export function createImportedKeys(records: readonly ImportedRecord[]): ImportedKeys {
  const children = new Map<string, Set<KeyId>>()
  const leads = new Map<KeyId, Map<string, Lead>>()
  const results = new Map<KeyId, Set<ResultId>>()
  const ids = new Map<number, KeyId>()

  for (const index of inputsFirst(records)) {
    const { digest, inputs, results: found } = records[index] ?? NONE
    const ways = inputs.map((input) => input.flatMap(({ record, selector }) => toWay(ids.get(record), selector)))
    if (ways.some((input) => input.length === 0)) continue
    const id = keyOf(digest, ways)
    ids.set(index, id)
    results.set(id, new Set([...(results.get(id) ?? []), ...found]))
    for (const [input, list] of ways.entries()) {
      for (const { key, selector } of list) {
        const place = placeOf(key, { input, selector, digest })
        children.set(place, (children.get(place) ?? new Set()).add(id))
        leads.set(id, (leads.get(id) ?? new Map<string, Lead>()).set(place, { parent: key, input, selector }))
      }
    }
  }
  return {
    knows: (key) => results.has(key),
    follow: (parent, { input, output, digest, selector }) => [...(children.get(placeOf(parent, { input, selector, digest: rootKey(digest, output) })) ?? [])],
    leadsTo: (child) => [...(leads.get(child)?.values() ?? [])],
    results: (keys) => [...new Set(keys.flatMap((key) => [...(results.get(key) ?? [])]))],
    removeResult(result) {
      for (const held of results.values()) held.delete(result)
    },
  }
}

const NONE: ImportedRecord = { digest: '' as KeyId, inputs: [], results: [] }

interface Way {
  readonly key: KeyId
  readonly selector: string
}

function toWay(key: KeyId | undefined, selector: string): readonly Way[] {
  return key === undefined ? [] : [{ key, selector }]
}

function keyOf(digest: KeyId, ways: readonly (readonly Way[])[]): KeyId {
  if (ways.length === 0) return digest
  const inputs = ways.map((list) => [...new Set(list.map(({ key, selector }) => `${key} ${selector}`))].sort())
  return digestOf(formatCanonicalJson({ imported: digest, inputs })) as string as KeyId
}

function placeOf(parent: KeyId, { input, selector, digest }: Pick<CacheLink, 'input' | 'selector'> & { readonly digest: KeyId }): string {
  return `${parent} ${input} ${digest} ${selector}`
}

/** Places of records, each behind those of its inputs; without those in a circle and above it. No recursion: a foreign cache may be as deep as it likes. */
function inputsFirst(records: readonly ImportedRecord[]): readonly number[] {
  const above = new Map<number, number[]>()
  const open = records.map(({ inputs }, index) => {
    const below = new Set(inputs.flat().map(({ record }) => record))
    for (const record of below) {
      const users = above.get(record) ?? []
      users.push(index)
      above.set(record, users)
    }
    return below.size
  })
  const ordered = open.flatMap((count, index) => (count === 0 ? [index] : []))
  for (const index of ordered) {
    for (const user of above.get(index) ?? []) {
      const left = (open[user] ?? 0) - 1
      open[user] = left
      if (left === 0) ordered.push(user)
    }
  }
  return ordered
}
