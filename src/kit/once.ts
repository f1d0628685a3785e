/** Computes at the first call, and gives the same ever after; what throws is tried again. */
export function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined
  return () => (known ??= { value: compute() }).value
}
