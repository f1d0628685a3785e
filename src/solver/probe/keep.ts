/** `compute`, but once for each key. */
export function keep<K extends string, T>(compute: (key: K) => T): (key: K) => T {
  const kept = new Map<K, { readonly value: T }>()
  return (key) => {
    const known = kept.get(key) ?? { value: compute(key) }
    kept.set(key, known)
    return known.value
  }
}
