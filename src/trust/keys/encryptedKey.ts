import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { randomBytes, scrypt } from 'node:crypto'
import { parseJsonObject, requiredNumber, requiredObject, requiredString, type JsonObject } from '../../ground/jsonValue.ts'
import { KeyUnusableError } from '../trustError.ts'

/*
 * Private keys under a password, as cosign keeps them: JSON that names its ciphers, go-tuf's "encrypted" form. scrypt
 * makes the key, NaCl's secretbox (XSalsa20, Poly1305) encrypts the PKCS #8 bytes.
 */

interface ScryptParameters {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** Cosign's own. */
const PARAMETERS: ScryptParameters = { N: 65_536, r: 8, p: 1 }
/** What a file may ask of this machine: 16 times as much as cosign's own. */
const MAX_SCRYPT_BYTES = 1024 * 1024 * 1024
const KEY_BYTES = 32
const SALT_BYTES = 32
const NONCE_BYTES = 24

export async function encryptKey(plain: Uint8Array, password: string): Promise<string> {
  const [salt, nonce] = [randomBytes(SALT_BYTES), randomBytes(NONCE_BYTES)]
  const ciphertext = xsalsa20poly1305(await deriveKey(password, salt, PARAMETERS), nonce).encrypt(plain)
  return JSON.stringify({
    kdf: { name: 'scrypt', params: PARAMETERS, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(ciphertext).toString('base64'),
  })
}

/** `name` is the file's. @throws KeyUnusableError where the password is another, or the form is not known */
export async function decryptKey(text: string, password: string, name: string): Promise<Uint8Array> {
  const { kdf, cipher, ciphertext } = readForm(text, name)
  const params = requiredObject(kdf, 'params')
  const parameters = { N: requiredNumber(params, 'N'), r: requiredNumber(params, 'r'), p: requiredNumber(params, 'p') }
  const key = await deriveKey(password, bytesOf(kdf, 'salt'), parameters).catch((error: unknown) => {
    throw new KeyUnusableError(`${name} asks for scrypt with parameters that cannot be`, { cause: error })
  })
  try {
    return xsalsa20poly1305(key, bytesOf(cipher, 'nonce')).decrypt(ciphertext)
  } catch (error) {
    throw new KeyUnusableError(`the password does not open ${name}`, { hint: 'give the one it was made with in COSIGN_PASSWORD', cause: error })
  }
}

function readForm(text: string, name: string): { readonly kdf: JsonObject; readonly cipher: JsonObject; readonly ciphertext: Uint8Array } {
  const form = parseJsonObject(text, name)
  const [kdf, cipher] = [requiredObject(form, 'kdf'), requiredObject(form, 'cipher')]
  const [kdfName, cipherName] = [requiredString(kdf, 'name'), requiredString(cipher, 'name')]
  if (kdfName !== 'scrypt' || cipherName !== 'nacl/secretbox') throw new KeyUnusableError(`${name} is encrypted by ${kdfName} and ${cipherName}, which are not known here`)
  return { kdf, cipher, ciphertext: bytesOf(form, 'ciphertext') }
}

function bytesOf(object: JsonObject, key: string): Uint8Array {
  return Buffer.from(requiredString(object, key), 'base64')
}

async function deriveKey(password: string, salt: Uint8Array, parameters: ScryptParameters): Promise<Uint8Array> {
  const derived = Promise.withResolvers<Uint8Array>()
  scrypt(password, salt, KEY_BYTES, { ...parameters, maxmem: MAX_SCRYPT_BYTES }, (error, key) => {
    if (error === null) derived.resolve(key)
    else derived.reject(error)
  })
  return await derived.promise
}
