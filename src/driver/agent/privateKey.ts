import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { InvalidValueError } from '../../ground/errors.ts'
import { packInteger, packString, readPieces, type PieceReader } from './agentMessage.ts'
import { CURVES, type AgentKey } from './keyAgent.ts'

/** The words that stand for `name` in messages are the file's. @throws PrivateKeyError */
export function parsePrivateKey(text: string, name: string): AgentKey {
  if (/^(?:-----BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED)/m.test(text)) throw passphraseNeeded()
  try {
    const { key, comment } = text.includes(OPENSSH_BEGIN) ? parseOpenssh(text) : { key: createPrivateKey(text), comment: '' }
    return { key, publicBlob: publicBlobOf(key), comment: comment === '' ? name : comment }
  } catch (error) {
    if (error instanceof PrivateKeyError) throw error
    throw new PrivateKeyError(`${name} is no private key that is known here`, { hint: 'use a key of OpenSSH, or one in PEM: rsa, ecdsa or ed25519', cause: error })
  }
}

export class PrivateKeyError extends InvalidValueError {}

function passphraseNeeded(): PrivateKeyError {
  return new PrivateKeyError('the private key is protected by a passphrase', { hint: 'add it to your agent by ssh-add, and lend that: --ssh default' })
}

const OPENSSH_BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----'
const MAGIC = 'openssh-key-v1\0'

/** OpenSSH's PROTOCOL.key, of one key. @throws PrivateKeyError; RangeError where it is torn */
function parseOpenssh(text: string): { readonly key: KeyObject; readonly comment: string } {
  const [, base64 = ''] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END/.exec(text) ?? []
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) throw new RangeError('no key of version 1')
  const outer = readPieces(bytes.subarray(MAGIC.length))
  if (outer.string().toString() !== 'none') throw passphraseNeeded()
  for (const _ of ['kdf', 'kdf options']) outer.string()
  outer.number() // of keys; ssh writes one
  outer.string() // the public half
  const inner = readPieces(outer.string())
  for (const _ of ['check', 'check']) inner.number()
  const key = createPrivateKey({ key: readKey(inner), format: 'jwk' })
  return { key, comment: inner.string().toString() }
}

function readKey(pieces: PieceReader): JsonWebKey {
  const kind = pieces.string().toString()
  if (kind === 'ssh-ed25519') return readEd25519(pieces)
  if (kind === 'ssh-rsa') return readRsa(pieces)
  const curve = CURVES.find(({ ssh }) => kind === `ecdsa-sha2-${ssh}`)
  if (curve === undefined) throw new RangeError(`a key of kind ${kind}`)
  pieces.string() // the curve again
  const point = pieces.string()
  const size = (point.byteLength - 1) / 2
  const d = Buffer.alloc(size)
  const scalar = pieces.integer()
  scalar.copy(d, size - scalar.byteLength)
  return { kty: 'EC', crv: curve.jwk, x: text(point.subarray(1, size + 1)), y: text(point.subarray(size + 1)), d: text(d) }
}

function readEd25519(pieces: PieceReader): JsonWebKey {
  const x = pieces.string()
  return { kty: 'OKP', crv: 'Ed25519', x: text(x), d: text(pieces.string().subarray(0, 32)) }
}

function readRsa(pieces: PieceReader): JsonWebKey {
  const [n, e, d, qi, p, q] = [pieces.integer(), pieces.integer(), pieces.integer(), pieces.integer(), pieces.integer(), pieces.integer()]
  return { kty: 'RSA', n: text(n), e: text(e), d: text(d), p: text(p), q: text(q), dp: text(remainder(d, p)), dq: text(remainder(d, q)), qi: text(qi) }
}

/** `d` modulo `prime - 1` */
function remainder(d: Buffer, prime: Buffer): Buffer {
  const hex = (BigInt(`0x${d.toString('hex')}`) % (BigInt(`0x${prime.toString('hex')}`) - 1n)).toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

/** RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4. */
function publicBlobOf(key: KeyObject): Uint8Array {
  const { kty, crv, n = '', e = '', x = '', y = '' } = key.export({ format: 'jwk' })
  const bytes = (base64url: string): Buffer => Buffer.from(base64url, 'base64url')
  if (kty === 'RSA') return Buffer.concat([packString('ssh-rsa'), packInteger(bytes(e)), packInteger(bytes(n))])
  if (crv === 'Ed25519') return Buffer.concat([packString('ssh-ed25519'), packString(bytes(x))])
  const curve = CURVES.find(({ jwk }) => jwk === crv)
  if (curve === undefined) throw new RangeError(`a key of curve ${crv ?? ''}`)
  return Buffer.concat([packString(`ecdsa-sha2-${curve.ssh}`), packString(curve.ssh), packString(Buffer.concat([Buffer.of(4), bytes(x), bytes(y)]))])
}
