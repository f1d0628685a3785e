/** Addresses and networks of IPv4 and IPv6 as numbers. */

export interface Network {
  /** The first of its addresses. */
  readonly address: bigint
  readonly prefixBits: number
  readonly totalBits: 32 | 128
}

/** `10.0.0.0/8`; bits beyond the prefix are dropped. Undefined where `text` is no network. */
export function parseNetwork(text: string): Network | undefined {
  const [host = '', prefix = '', ...rest] = text.split('/')
  const totalBits = host.includes(':') ? 128 : 32
  const address = totalBits === 32 ? parseIpv4(host) : parseIpv6(host)
  if (rest.length > 0 || address === undefined || !/^(?:0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > totalBits) return undefined
  const hostBits = BigInt(totalBits - Number(prefix))
  return { address: (address >> hostBits) << hostBits, prefixBits: Number(prefix), totalBits }
}

export function formatNetwork({ address, prefixBits, totalBits }: Network): string {
  return `${formatAddress(address, totalBits)}/${prefixBits}`
}

export function formatAddress(address: bigint, totalBits: 32 | 128): string {
  if (totalBits === 32) return groups(address, 4, 8).join('.')
  // an IPv4 address in IPv6 is written as the former
  if (address >> 32n === 0xffffn) return formatAddress(address & 0xffffffffn, 32)
  const words = groups(address, 8, 16).map((word) => word.toString(16))
  const { start, length } = longestZeros(words)
  if (length < 2) return words.join(':')
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`
}

function groups(address: bigint, count: number, bits: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => Number((address >> BigInt((count - 1 - index) * bits)) & ((1n << BigInt(bits)) - 1n)))
}

/** RFC 5952: the first of the longest runs. */
function longestZeros(words: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < words.length; start++) {
    const end = words.findIndex((word, index) => index >= start && word !== '0')
    const length = (end === -1 ? words.length : end) - start
    if (length > best.length) best = { start, length }
  }
  return best
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)) return undefined
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

function parseIpv6(text: string): bigint | undefined {
  const tail = text.slice(text.lastIndexOf(':') + 1)
  const embedded = tail.includes('.') ? parseIpv4(tail) : undefined
  if (tail.includes('.') && embedded === undefined) return undefined
  const plain = embedded === undefined ? text : `${text.slice(0, text.length - tail.length)}${(embedded >> 16n).toString(16)}:${(embedded & 0xffffn).toString(16)}`
  const halves = plain.split('::')
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - left.length - right.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined
  const words = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  if (words.some((word) => !/^[0-9a-fA-F]{1,4}$/.test(word))) return undefined
  return words.reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n)
}
