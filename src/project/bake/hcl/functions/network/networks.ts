import { FunctionError } from '../../evaluate/scope.ts'
import { STRING } from '../../values/type.ts'
import { list, string, type Value } from '../../values/value.ts'
import { isInteger, toInteger } from '../../values/bigFloat.ts'
import { defineFunction, defineVariadic, numberOf, numeric, text, textOf, wholeOf, type Functions } from '../define.ts'
import { formatAddress, formatNetwork, parseNetwork, type Network } from './ipAddress.ts'

export const NETWORKS: Functions = [
  ['cidrhost', defineFunction([text('prefix'), numeric('hostnum')], (prefix, host) => string(hostAddress(networkOf(prefix), bigWholeOf(host, 1))))],
  ['cidrnetmask', defineFunction([text('prefix')], (prefix) => string(netmask(networkOf(prefix))))],
  ['cidrsubnet', defineFunction([text('prefix'), numeric('newbits'), numeric('netnum')], (prefix, newBits, number) => string(formatNetwork(subnet(networkOf(prefix), wholeOf(newBits, 1), bigWholeOf(number, 2)))))],
  ['cidrsubnets', defineVariadic([text('prefix')], numeric('newbits'), ([prefix], newBits) => list(STRING, consecutive(networkOf(prefix), newBits.map((bits, index) => wholeOf(bits, index + 1))).map((network) => string(formatNetwork(network)))))],
]

function networkOf(value: Value | undefined): Network {
  const network = parseNetwork(textOf(value))
  if (network === undefined) throw new FunctionError(`invalid CIDR expression: ${JSON.stringify(textOf(value))} is no address with a prefix length, such as 10.0.0.0/8`, 0)
  return network
}

function bigWholeOf(value: Value | undefined, argumentIndex: number): bigint {
  const number = numberOf(value)
  if (!isInteger(number)) throw new FunctionError('value must be a whole number', argumentIndex)
  return toInteger(number)
}

/** A negative number counts from the end. */
function hostAddress({ address, prefixBits, totalBits }: Network, host: bigint): string {
  const count = 1n << BigInt(totalBits - prefixBits)
  if (host >= count || host < -count) throw new FunctionError(`prefix of ${prefixBits} does not accommodate a host numbered ${host}`)
  return formatAddress(address + (host < 0n ? count + host : host), totalBits)
}

function netmask({ prefixBits, totalBits }: Network): string {
  const ones = (1n << BigInt(prefixBits)) - 1n
  return formatAddress(ones << BigInt(totalBits - prefixBits), totalBits)
}

function subnet({ address, prefixBits, totalBits }: Network, newBits: number, number: bigint): Network {
  if (newBits < 0) throw new FunctionError('prefix cannot be extended by a negative number of bits', 1)
  const bits = prefixBits + newBits
  if (bits > totalBits) throw new FunctionError(`insufficient address space to extend prefix of ${prefixBits} by ${newBits}`)
  if (number < 0n || number >= 1n << BigInt(newBits)) throw new FunctionError(`prefix extension of ${newBits} does not accommodate a subnet numbered ${number}`)
  return { address: address + (number << BigInt(totalBits - bits)), prefixBits: bits, totalBits }
}

const MAX_NEW_BITS = 32

/** Subnets of the given sizes, one after the other, each at the first place where it may begin. */
function consecutive(network: Network, extensions: readonly number[]): readonly Network[] {
  const { address, prefixBits, totalBits } = network
  let next = address
  return extensions.map((extension, index) => {
    if (extension < 1) throw new FunctionError('must extend prefix by at least one bit', index + 1)
    if (extension > MAX_NEW_BITS) throw new FunctionError(`may not extend prefix by more than ${MAX_NEW_BITS} bits`, index + 1)
    const bits = prefixBits + extension
    if (bits > totalBits) throw new FunctionError(`would extend prefix to ${bits} bits, which is too long for an ${totalBits === 32 ? 'IPv4' : 'IPv6'} address`, index + 1)
    const size = 1n << BigInt(totalBits - bits)
    const start = ((next + size - 1n) / size) * size
    if (start + size > address + (1n << BigInt(totalBits - prefixBits))) throw new FunctionError(`not enough remaining address space for a subnet with a prefix of ${bits} bits`, index + 1)
    next = start + size
    return { address: start, prefixBits: bits, totalBits }
  })
}
