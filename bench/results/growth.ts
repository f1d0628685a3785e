/** How something grows with the amount of work, from one amount to the next larger one. */
export interface GrowthStep {
  readonly amount: number
  readonly value: number
  /** log(value ratio) / log(amount ratio): 1 is as the work does, 2 is its square, 0 is not at all. Undefined for the first. */
  readonly exponent: number | undefined
  /** Whether it grew faster than the work, by more than noise does. */
  readonly isOff: boolean
}

/** Noise of a few per cent makes this much of an exponent where amounts are a few times apart. */
export const OFF_EXPONENT = 1.2

/** @param points positive, in any order */
export function measureGrowth(points: readonly { readonly amount: number; readonly value: number }[]): readonly GrowthStep[] {
  const sorted = points.toSorted((a, b) => a.amount - b.amount)
  return sorted.map(({ amount, value }, index) => {
    const before = sorted[index - 1]
    const exponent = before === undefined ? undefined : Math.log(value / before.value) / Math.log(amount / before.amount)
    return { amount, value, exponent, isOff: exponent !== undefined && exponent > OFF_EXPONENT }
  })
}
