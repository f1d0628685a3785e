import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { generateKeyFiles, isSignedBy, readPublicKey, readSigner } from './keyPair.ts'

const payload = Buffer.from('a claim')
const password = async (): Promise<string> => 'secret'
const none = async (): Promise<string> => assert.fail('nobody is to be asked')

describe('keys', () => {
  it('are made under a password, and open with it alone', async () => {
    const files = await generateKeyFiles('secret')
    const signer = await readSigner(files.privateKey, password, 'a.key')
    assert.ok(isSignedBy(readPublicKey(files.publicKey, 'a.pub'), payload, signer.sign(payload)))
    await assert.rejects(readSigner(files.privateKey, async () => 'other', 'a.key'), { name: 'KeyUnusableError', message: 'the password does not open a.key' })
  })

  for (const [name, pair] of [
    ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['Ed25519', generateKeyPairSync('ed25519')],
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const) {
    it(`are of other tools, too: ${name}`, async () => {
      const signer = await readSigner(String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })), none, 'a.pem')
      const signature = signer.sign(payload)
      const key = readPublicKey(String(pair.publicKey.export({ type: 'spki', format: 'pem' })), 'a.pub')
      assert.ok(isSignedBy(key, payload, signature))
      assert.ok(!isSignedBy(key, Buffer.from('another claim'), signature))
      assert.ok(!isSignedBy(key, payload, signature.subarray(1)))
    })
  }

  const encrypted = (json: string): string => `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${Buffer.from(json).toString('base64')}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`
  for (const [name, pem, message] of [
    ['no PEM', 'hello', /^a\.key is no private key that can be read$/],
    ['another cipher', encrypted('{"kdf":{"name":"argon2"},"cipher":{"name":"aes"},"ciphertext":""}'), /encrypted by argon2 and aes, which are not known here/],
    ['more memory than there is', encrypted('{"kdf":{"name":"scrypt","params":{"N":1073741824,"r":8,"p":1},"salt":""},"cipher":{"name":"nacl/secretbox","nonce":""},"ciphertext":""}'), /scrypt with parameters that cannot be/],
    ['no JSON', encrypted('{'), /a\.key is not JSON/],
  ] as const) {
    it(`are refused where there is ${name}`, () => assert.rejects(readSigner(pem, password, 'a.key'), { message }))
  }
  it('that sign are none to verify with', () => assert.throws(() => readPublicKey(String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })), 'a.key'), { message: 'a.key is a private key' }))
})
