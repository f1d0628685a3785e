import { decryptPkcs1, hashBytes, RsaError } from '../../../../../kit/cryptography.ts'
import { FunctionError } from '../../evaluate/scope.ts'
import { string, type Value } from '../../values/value.ts'
import { defineFunction, defineVariadic, numeric, text, textOf, wholeOf, type Functions } from '../define.ts'
import type { LibraryPorts } from '../libraryPorts.ts'
import { decodeBase64 } from './encodings.ts'

export function digestFunctions(ports: LibraryPorts): Functions {
  return [
    ...(['md5', 'sha1', 'sha256', 'sha512'] as const).map((algorithm) => [algorithm, defineFunction([text('str')], (str) => string(Buffer.from(hashBytes(algorithm, Buffer.from(textOf(str)))).toString('hex')))] as const),
    ['bcrypt', defineVariadic([text('str')], numeric('cost'), ([str], costs) => string(ports.bcrypt(passwordOf(str), costOf(costs)).replace(/^\$2b\$/, '$2a$')))],
    ['rsadecrypt', defineFunction([text('ciphertext'), text('privatekey')], (ciphertext, key) => string(decrypt(textOf(ciphertext), textOf(key))))],
    ['uuidv4', defineFunction([], () => string(ports.randomUuid()))],
    ['uuidv5', defineFunction([text('namespace'), text('name')], (namespace, name) => string(nameUuid(textOf(namespace), textOf(name))))],
  ]
}

const MAX_PASSWORD_BYTES = 72

function passwordOf(value: Value | undefined): string {
  const password = textOf(value)
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) throw new FunctionError(`bcrypt takes no more than ${MAX_PASSWORD_BYTES} bytes`, 0)
  return password
}

function costOf(costs: readonly Value[]): number {
  const [cost, surplus] = costs
  if (surplus !== undefined) throw new FunctionError('bcrypt() takes no more than two arguments')
  if (cost === undefined) return 10
  const rounds = wholeOf(cost, 1)
  if (rounds > 31) throw new FunctionError(`cost ${rounds} is outside of the allowed range (4,31)`, 1)
  // as in Go, where less than the least is the default
  return rounds < 4 ? 10 : rounds
}

function decrypt(ciphertext: string, key: string): string {
  try {
    return Buffer.from(decryptPkcs1(decodeBase64(ciphertext), key)).toString()
  } catch (error) {
    if (error instanceof RsaError) throw new FunctionError(error.message)
    throw error
  }
}

/** RFC 4122, appendix C. */
const NAMESPACES: ReadonlyMap<string, string> = new Map([
  ['dns', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
  ['url', '6ba7b811-9dad-11d1-80b4-00c04fd430c8'],
  ['oid', '6ba7b812-9dad-11d1-80b4-00c04fd430c8'],
  ['x500', '6ba7b814-9dad-11d1-80b4-00c04fd430c8'],
])

function nameUuid(namespace: string, name: string): string {
  const digits = /^(?:urn:uuid:|\{)?([0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})\}?$/i.exec(NAMESPACES.get(namespace) ?? namespace)?.[1]
  if (digits === undefined) throw new FunctionError(`uuidv5() doesn't support namespace ${namespace}: it is dns, url, oid, x500, or a UUID`)
  const bytes = hashBytes('sha1', Buffer.concat([Buffer.from(digits.replaceAll('-', ''), 'hex'), Buffer.from(name)])).slice(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
