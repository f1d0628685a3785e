const UNIT_NS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
  ['w', 604_800_000_000_000n],
])

/** A duration in the form in which Go prints it: `90s` is `1m30s`; undefined for what is none. */
export function parseGoDuration(text: string): string | undefined {
  const parts = [...text.matchAll(/(\d+)(?:\.(\d+))?(ns|us|µs|ms|s|m|h|d|w)/g)]
  if (text === '0') return '0s'
  if (text === '' || parts.map(([part]) => part).join('') !== text) return undefined
  const totalNs = parts.reduce((sum, [, whole = '0', fraction = '', unit = '']) => sum + partNs(whole, fraction, UNIT_NS.get(unit) ?? 0n), 0n)
  return formatGoDuration(totalNs)
}

function partNs(whole: string, fraction: string, unitNs: bigint): bigint {
  const digits = fraction.slice(0, 18)
  return BigInt(whole) * unitNs + (digits === '' ? 0n : (BigInt(digits) * unitNs) / 10n ** BigInt(digits.length))
}

function formatGoDuration(ns: bigint): string {
  if (ns === 0n) return '0s'
  if (ns < 1_000n) return `${ns}ns`
  if (ns < 1_000_000n) return `${decimal(ns, 3)}µs`
  if (ns < 1_000_000_000n) return `${decimal(ns, 6)}ms`
  const hours = ns / 3_600_000_000_000n
  const minutes = (ns / 60_000_000_000n) % 60n
  const seconds = `${decimal(ns % 60_000_000_000n, 9)}s`
  if (hours > 0n) return `${hours}h${minutes}m${seconds}`
  return minutes > 0n ? `${minutes}m${seconds}` : seconds
}

/** `value` divided by ten to the power of `places`, without trailing zeros. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`
}

/** A number as Go's `%v` writes it: large ones with an exponent of two digits at least. */
export function goFloat(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value)
  return String(value).replace(/e([-+])(\d)$/, 'e$10$2')
}
