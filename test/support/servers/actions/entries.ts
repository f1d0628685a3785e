/** What GitHub's cache service keeps: entries by key, version and branch, each written once. */
export interface Entries {
  /** Undefined where the key is taken, by a whole entry or one that is just being written. */
  reserve(name: EntryName): Entry | undefined
  find(id: number): Entry | undefined
  /** One that is still being written. */
  findOpen(name: EntryName): Entry | undefined
  /** By the documented order: the branches in turn; in each the key itself first, then the newest that begins with one of `prefixes`. */
  lookUp(question: { readonly branches: readonly string[]; readonly version: string; readonly key: string; readonly prefixes: readonly string[] }): Entry | undefined
  /** The whole ones. */
  list(): readonly Entry[]
}

export interface EntryName {
  readonly key: string
  readonly version: string
  readonly branch: string
}

export interface Entry extends EntryName {
  readonly id: number
  /** Seen by others. */
  isWhole: boolean
  content: Buffer
  /** What was sent of it in blocks, by their names. */
  readonly blocks: Map<string, Buffer>
}

export function createEntries(): Entries {
  const entries: Entry[] = []
  const isSame = (one: EntryName, other: EntryName): boolean => one.key === other.key && one.version === other.version && one.branch === other.branch
  return {
    reserve(name) {
      if (entries.some((entry) => isSame(entry, name))) return undefined
      const entry: Entry = { ...name, id: entries.length + 1, isWhole: false, content: Buffer.alloc(0), blocks: new Map() }
      entries.push(entry)
      return entry
    },
    find: (id) => entries.find((entry) => entry.id === id),
    findOpen: (name) => entries.find((entry) => !entry.isWhole && isSame(entry, name)),
    lookUp({ branches, version, key, prefixes }) {
      for (const branch of branches) {
        const there = entries.filter((entry) => entry.isWhole && entry.branch === branch && entry.version === version)
        const found = there.find((entry) => entry.key === key) ?? there.findLast((entry) => prefixes.some((prefix) => entry.key.startsWith(prefix)))
        if (found !== undefined) return found
      }
      return undefined
    },
    list: () => entries.filter(({ isWhole }) => isWhole),
  }
}
