import { constants, createHash, createPrivateKey, privateDecrypt, type KeyObject } from 'node:crypto'
import { InvalidValueError } from '../ground/errors.ts'

export function hashBytes(algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512', bytes: Uint8Array): Uint8Array {
  return createHash(algorithm).update(bytes).digest()
}

/** A key that is none, or a text that it does not open. */
export class RsaError extends InvalidValueError {}

/** RSAES-PKCS1-v1_5 (RFC 8017, 7.2.2). @param pem a private key of PKCS #1, without a password. @throws RsaError */
export function decryptPkcs1(ciphertext: Uint8Array, pem: string): Uint8Array {
  if (!pem.includes('-----BEGIN ')) throw new RsaError('failed to parse key: no key found')
  if (pem.includes('4,ENCRYPTED')) throw new RsaError('failed to parse key: password protected keys are not supported; decrypt the key first')
  return withoutPadding(decryptRaw(ciphertext, parseKey(pem)))
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    throw new RsaError('failed to parse key: it is no private key', { cause: error })
  }
}

/** The padding is taken off here: OpenSSL hides a wrong one behind random bytes. */
function decryptRaw(ciphertext: Uint8Array, key: KeyObject): Uint8Array {
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, ciphertext)
  } catch (error) {
    throw new RsaError('failed to decrypt: the key does not fit the cipher text', { cause: error })
  }
}

const PADDING_BYTES = 10

function withoutPadding(block: Uint8Array): Uint8Array {
  const end = block.indexOf(0, 2)
  if (block[0] !== 0 || block[1] !== 2 || end < PADDING_BYTES) throw new RsaError('failed to decrypt: the key does not fit the cipher text')
  return block.subarray(end + 1)
}
