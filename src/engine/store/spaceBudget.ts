/** How much of a cache may stay; 0 is no bound. */
export interface SpaceBounds {
  /** So much always stays. */
  readonly reservedBytes: number
  /** More than that does not. */
  readonly maxUsedBytes: number
  /** So much is to be free on the disk. */
  readonly minFreeBytes: number
}

/** False: all may go. */
export function isBounded({ reservedBytes, maxUsedBytes, minFreeBytes }: SpaceBounds): boolean {
  return reservedBytes !== 0 || maxUsedBytes !== 0 || minFreeBytes !== 0
}

/** How much may stay of what is used, as BuildKit has it, where something bounds it. */
export function bytesToKeep({ reservedBytes, maxUsedBytes, minFreeBytes }: SpaceBounds, { usedBytes, freeBytes }: { readonly usedBytes: number; readonly freeBytes: number }): number {
  const missing = minFreeBytes - freeBytes
  const isBound = maxUsedBytes > 0 || (minFreeBytes === 0 && reservedBytes > 0)
  const most = isBound ? maxUsedBytes : usedBytes // enough is free: all of it
  return Math.max(0, reservedBytes, missing > 0 ? Math.min(most, usedBytes - missing) : most)
}
