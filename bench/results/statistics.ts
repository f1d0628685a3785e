/** Of measured values: what to quote, and how far they lie apart. */
export interface Summary {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Undefined where there are no values. */
export function summarize(values: readonly number[]): Summary | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const [least, most] = [sorted.at(0), sorted.at(-1)]
  return least === undefined || most === undefined ? undefined : { median: medianOf(sorted), least, most }
}

function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2
}
