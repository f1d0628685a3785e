/** Values that were asked for last, as far as they have room: the next build mostly asks for the same. */
export interface RecentValues<T> {
  get(key: string): T | undefined
  keep(key: string, value: T, sizeBytes: number): void
  forget(): void
}

/** Those go first that were not asked for the longest. */
export function createRecentValues<T>(maxBytes: number): RecentValues<T> {
  const values = new Map<string, { readonly value: T; readonly sizeBytes: number }>()
  return {
    get(key) {
      const found = values.get(key)
      if (found === undefined) return undefined
      values.delete(key)
      values.set(key, found)
      return found.value
    },
    keep(key, value, sizeBytes) {
      values.delete(key)
      values.set(key, { value, sizeBytes })
      let total = values.values().reduce((sum, one) => sum + one.sizeBytes, 0)
      for (const [oldest, one] of values) {
        if (total <= maxBytes) break
        values.delete(oldest)
        total -= one.sizeBytes
      }
    },
    forget: () => values.clear(),
  }
}
