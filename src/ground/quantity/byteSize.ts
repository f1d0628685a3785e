const FACTORS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1024],
  ['m', 1024 ** 2],
  ['g', 1024 ** 3],
  ['t', 1024 ** 4],
])

/** Docker's sizes in memory: `64m`, `1.5g`, `1GiB`, a number of bytes; undefined for what is none. */
export function parseByteCount(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text.trim())
  const factor = FACTORS.get((match?.[2] ?? '').toLowerCase())
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor)
}
