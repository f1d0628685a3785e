import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { KeyUnusableError } from '../trustError.ts'
import { decryptKey, encryptKey } from './encryptedKey.ts'

/** What signs. */
export interface Signer {
  /** Of `payload`; for ECDSA in DER. */
  sign(payload: Uint8Array): Uint8Array
  readonly publicKey: KeyObject
}

export interface KeyFiles {
  /** PEM, under the password. */
  readonly privateKey: string
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string
}

const ENCRYPTED_TYPES = ['ENCRYPTED SIGSTORE PRIVATE KEY', 'ENCRYPTED COSIGN PRIVATE KEY']

/** A new pair for ECDSA on P-256, as `cosign generate-key-pair` makes it. */
export async function generateKeyFiles(password: string): Promise<KeyFiles> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const encrypted = Buffer.from(await encryptKey(pair.privateKey.export({ type: 'pkcs8', format: 'der' }), password)).toString('base64')
  const lines = encrypted.match(/.{1,64}/g) ?? []
  const [type] = ENCRYPTED_TYPES
  return { privateKey: `-----BEGIN ${type}-----\n${lines.join('\n')}\n-----END ${type}-----\n`, publicKey: String(pair.publicKey.export({ type: 'spki', format: 'pem' })) }
}

/**
 * The key of a PEM file: cosign's encrypted form, or PKCS #8, SEC 1 or PKCS #1 in plain; `password` is asked for where
 * the key has one. `name` is the file's. @throws KeyUnusableError
 */
export async function readSigner(pem: string, password: () => Promise<string>, name: string): Promise<Signer> {
  const [, type = '', body = ''] = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([^-]*)-----END/.exec(pem) ?? []
  if (!ENCRYPTED_TYPES.includes(type)) return signerOf(await parsePrivateKey(pem, type.startsWith('ENCRYPTED') || pem.includes('Proc-Type: 4,ENCRYPTED') ? await password() : undefined, name), name)
  const der = await decryptKey(Buffer.from(body, 'base64').toString(), await password(), name)
  return signerOf(createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' }), name)
}

async function parsePrivateKey(pem: string, passphrase: string | undefined, name: string): Promise<KeyObject> {
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
  } catch (error) {
    throw new KeyUnusableError(`${name} is no private key that can be read`, { hint: 'give a PEM file; pelago sign --generate-key PREFIX makes one', cause: error })
  }
}

function signerOf(key: KeyObject, name: string): Signer {
  assertKnown(key, name)
  return { publicKey: createPublicKey(key), sign: (payload) => sign(digestFor(key), payload, key) }
}

/** The key of a PEM file: a public one, or a certificate's. `name` is the file's. @throws KeyUnusableError */
export function readPublicKey(pem: string, name: string): KeyObject {
  let key: KeyObject
  try {
    if (pem.includes('PRIVATE KEY')) throw new KeyUnusableError(`${name} is a private key`, { hint: 'give the public one that belongs to it' })
    key = createPublicKey(pem)
  } catch (error) {
    throw error instanceof KeyUnusableError ? error : new KeyUnusableError(`${name} is no public key that can be read`, { hint: 'give a PEM file', cause: error })
  }
  assertKnown(key, name)
  return key
}

export function isSignedBy(key: KeyObject, payload: Uint8Array, signature: Uint8Array): boolean {
  return verify(digestFor(key), payload, key, signature)
}

const KNOWN_TYPES = ['ec', 'ed25519', 'rsa']

function assertKnown({ asymmetricKeyType }: KeyObject, name: string): void {
  if (!KNOWN_TYPES.includes(asymmetricKeyType ?? '')) throw new KeyUnusableError(`${name} is a key for ${asymmetricKeyType ?? 'nothing known'}`, { hint: `keys are for ${KNOWN_TYPES.join(', ')}` })
}

/** Ed25519 hashes by itself. */
function digestFor({ asymmetricKeyType }: KeyObject): 'sha256' | undefined {
  return asymmetricKeyType === 'ed25519' ? undefined : 'sha256'
}
