import { UsageError } from '../flags/usageError.ts'

const FACTORS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1024],
  ['m', 1024 ** 2],
  ['g', 1024 ** 3],
  ['t', 1024 ** 4],
])

/** Docker's sizes in memory: `64m`, `1.5g`, `1GiB`, a number of bytes. @throws UsageError */
export function parseByteSize(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text.trim())
  const factor = FACTORS.get((match?.[2] ?? '').toLowerCase())
  if (match === null || factor === undefined) throw new UsageError(`invalid ${what}: ${JSON.stringify(text)}`, { hint: 'write a number and b, k, m or g, such as 128m' })
  return Math.round(Number(match[1]) * factor)
}
