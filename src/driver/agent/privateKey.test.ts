import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { missing } from '../../../test/support/requires.ts'
import { AGENT, packNumber, packString, readPieces } from './agentMessage.ts'
import { createKeyAgent } from './keyAgent.ts'
import { parsePrivateKey, PrivateKeyError } from './privateKey.ts'

const folder = mkdtempSync(join(tmpdir(), 'pelago-keys-'))
after(() => rmSync(folder, { recursive: true }))

/** A new key of ssh-keygen's; its path. */
function makeKey(...flags: readonly string[]): string {
  const path = join(folder, flags.join(''))
  execFileSync('ssh-keygen', ['-q', '-f', path, '-C', 'who made it', '-N', '', ...flags])
  return path
}

describe('a private key', { skip: missing('ssh-keygen') }, () => {
  const kinds: readonly (readonly string[])[] = [
    ['-t', 'ed25519'], ['-t', 'rsa', '-b', '2048'], ['-t', 'rsa', '-b', '1024'], ['-t', 'ecdsa', '-b', '256'], ['-t', 'ecdsa', '-b', '384'], ['-t', 'ecdsa', '-b', '521'],
    ['-t', 'rsa', '-b', '2048', '-m', 'PEM'], ['-t', 'ecdsa', '-m', 'PEM'], ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8'],
  ]
  for (const flags of kinds) {
    it(`of ssh-keygen ${flags.join(' ')} has its public half, and signs`, async () => {
      const path = makeKey(...flags)
      const key = parsePrivateKey(readFileSync(path, 'utf8'), 'key')
      const [, published = '', comment = ''] = readFileSync(`${path}.pub`, 'utf8').trim().split(' ')
      assert.equal(Buffer.from(key.publicBlob).toString('base64'), published)
      assert.equal(key.comment, flags.includes('-m') ? 'key' : readFileSync(`${path}.pub`, 'utf8').trim().split(' ').slice(2).join(' '), comment)
      const data = Buffer.from('what is to be signed')
      const answer = await createKeyAgent([key]).answer(Buffer.concat([Buffer.of(AGENT.signRequest), packString(key.publicBlob), packString(data), packNumber(4)]))
      assert.equal(answer[0], AGENT.signResponse)
      const signature = readPieces(readPieces(answer.subarray(1)).string())
      const algorithm = signature.string().toString()
      const hash = { 'ssh-ed25519': null, 'rsa-sha2-512': 'sha512', 'ecdsa-sha2-nistp256': 'sha256', 'ecdsa-sha2-nistp384': 'sha384', 'ecdsa-sha2-nistp521': 'sha512' }[algorithm] ?? null
      assert.ok(verify(hash, data, { key: createPublicKey(key.key), dsaEncoding: 'ieee-p1363' }, plainSignature(algorithm, signature.string())), algorithm)
    })
  }
  it('that needs a passphrase is refused with what to do', () => {
    const paths = [['-t', 'ed25519'], ['-t', 'rsa', '-m', 'PEM']].map((flags) => {
      const path = join(folder, `locked${flags.length}`)
      execFileSync('ssh-keygen', ['-q', '-f', path, '-N', 'open sesame', ...flags])
      return path
    })
    for (const path of paths) assert.throws(() => parsePrivateKey(readFileSync(path, 'utf8'), 'key'), (error) => error instanceof PrivateKeyError && error.message.includes('passphrase') && (error.hint ?? '').includes('ssh-add'))
  })
  for (const text of ['', 'no key', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----']) {
    it(`is not ${JSON.stringify(text)}`, () => assert.throws(() => parsePrivateKey(text, 'key'), PrivateKeyError))
  }
})

/** Of a curve, the pair of mpints as two halves of equal length. */
function plainSignature(algorithm: string, bytes: Buffer): Buffer {
  const size = { 'ecdsa-sha2-nistp256': 32, 'ecdsa-sha2-nistp384': 48, 'ecdsa-sha2-nistp521': 66 }[algorithm]
  if (size === undefined) return bytes
  const pieces = readPieces(bytes)
  return Buffer.concat([pieces.integer(), pieces.integer()].map((half) => Buffer.concat([Buffer.alloc(size - half.byteLength), half])))
}
