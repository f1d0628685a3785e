import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { describe, it } from 'node:test'
import { decryptPkcs1, hashBytes, RsaError } from './cryptography.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const other = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const encrypt = (text: string, padding: number): Uint8Array => publicEncrypt({ key: publicKey, padding }, Buffer.from(text))

describe('what is encrypted by RSA', () => {
  it('is decrypted with its key', () => {
    for (const text of ['', 'a secret', 'x'.repeat(245)]) assert.equal(Buffer.from(decryptPkcs1(encrypt(text, constants.RSA_PKCS1_PADDING), pem)).toString(), text)
  })

  const cases: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ['another key', encrypt('x', constants.RSA_PKCS1_PADDING), other, /does not fit/],
    ['another padding', encrypt('x', constants.RSA_PKCS1_OAEP_PADDING), pem, /does not fit/],
    ['too short a text', Buffer.from('x'), pem, /does not fit/],
    ['no key', encrypt('x', constants.RSA_PKCS1_PADDING), 'x', /no key found/],
    ['a key with a password', encrypt('x', constants.RSA_PKCS1_PADDING), '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n', /password/],
    ['half a key', encrypt('x', constants.RSA_PKCS1_PADDING), pem.slice(0, 200), /no private key/],
  ]
  for (const [name, ciphertext, key, message] of cases) {
    it(`is refused with ${name}`, () => {
      assert.throws(() => decryptPkcs1(ciphertext, key), (error) => error instanceof RsaError && message.test(error.message))
    })
  }

})

it('bytes have the digests of the algorithms', () => {
  assert.equal(Buffer.from(hashBytes('md5', Buffer.from('abc'))).toString('hex'), '900150983cd24fb0d6963f7d28e17f72')
  assert.equal(Buffer.from(hashBytes('sha1', Buffer.from('abc'))).toString('hex'), 'a9993e364706816aba3e25717850c26c9cd0d89d')
})
