/** What tells layers apart: their content, and what made them. */
export interface LayerIdentity {
  readonly diffId: string
  readonly step: string
}

/** Layers of two images that belong together, counted from 0; undefined where one has none for the other's. */
export interface LayerPair {
  readonly first: number | undefined
  readonly second: number | undefined
}

interface Span {
  readonly from: number
  readonly to: number
}

/** More is an image that nobody made in good faith; its layers are paired as they stand. */
const MAX_CELLS = 1_000_000

/** Pairs equal layers, in order; between them those of the same step, and between these the rest as they stand. */
export function pairLayers(first: readonly LayerIdentity[], second: readonly LayerIdentity[]): readonly LayerPair[] {
  const keys = [({ diffId }: LayerIdentity) => diffId, ({ step }: LayerIdentity) => step] as const
  return pairSpans({ from: 0, to: first.length }, { from: 0, to: second.length }, { first, second, keys })
}

interface Pairing {
  readonly first: readonly LayerIdentity[]
  readonly second: readonly LayerIdentity[]
  /** By which they are still to be paired, the strongest first. */
  readonly keys: readonly ((layer: LayerIdentity) => string)[]
}

function pairSpans(a: Span, b: Span, pairing: Pairing): readonly LayerPair[] {
  const [key, ...weaker] = pairing.keys
  if (key === undefined || a.from === a.to || b.from === b.to) return pairInOrder(a, b)
  const inner = { ...pairing, keys: weaker }
  const pairs: LayerPair[] = []
  let [left, right] = [a.from, b.from]
  for (const [at, other] of commonOf(pairing.first.slice(a.from, a.to).map(key), pairing.second.slice(b.from, b.to).map(key))) {
    pairs.push(...pairSpans({ from: left, to: a.from + at }, { from: right, to: b.from + other }, inner), { first: a.from + at, second: b.from + other })
    ;[left, right] = [a.from + at + 1, b.from + other + 1]
  }
  return [...pairs, ...pairSpans({ from: left, to: a.to }, { from: right, to: b.to }, inner)]
}

function pairInOrder(a: Span, b: Span): readonly LayerPair[] {
  return Array.from({ length: Math.max(a.to - a.from, b.to - b.from) }, (_, index) => ({
    first: a.from + index < a.to ? a.from + index : undefined,
    second: b.from + index < b.to ? b.from + index : undefined,
  }))
}

/** The longest sequence that both have, as pairs of indices. */
function commonOf(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  if (a.length * b.length > MAX_CELLS) return []
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0
  for (let row = a.length - 1; row >= 0; row--) {
    const current = lengths[row]
    if (current === undefined) continue
    for (let column = b.length - 1; column >= 0; column--) current[column] = a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
  }
  const pairs: (readonly [number, number])[] = []
  for (let row = 0, column = 0; row < a.length && column < b.length; ) {
    if (a[row] === b[column]) pairs.push([row++, column++])
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1
    else column += 1
  }
  return pairs
}
