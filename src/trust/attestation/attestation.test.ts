import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { dsse } from '@sigstore/core'
import fc from 'fast-check'
import { digestHex, digestOf } from '../../ground/digest.ts'
import { byKeys } from '../judgeSignature.ts'
import { readSigner } from '../keys/keyPair.ts'
import type { ReadAttestation } from './attestationImage.ts'
import { encodePayload, formatEnvelope, parseEnvelope, STATEMENT_TYPE } from './dsseEnvelope.ts'
import { judgeAttestation } from './judgeAttestation.ts'

const image = digestOf('image')
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signer = await readSigner(String(privateKey.export({ type: 'pkcs8', format: 'pem' })), () => Promise.resolve(''), 'test.key')
const findSigner = byKeys([{ name: 'test.pub', key: publicKey }])

const statement = (changes: object = {}): object => ({ _type: 'https://in-toto.io/Statement/v0.1', predicateType: 'https://slsa.dev/provenance/v1', subject: [{ name: 'app', digest: { sha256: digestHex(image) } }], predicate: { a: 1 }, ...changes })

function signed(value: object, payloadType = STATEMENT_TYPE): ReadAttestation {
  const payload = Buffer.from(JSON.stringify(value))
  const signature = signer.sign(encodePayload({ payloadType, payload }))
  const [envelope = assert.fail()] = parseEnvelope(formatEnvelope({ payloadType, payload, signature }))
  return { kind: 'signed', signature: { payload: encodePayload(envelope), signature: envelope.signature, certificate: undefined, chain: undefined, receipt: undefined, envelope } }
}

describe('a signed attestation', () => {
  it('has the bytes signed that sigstore signs', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array(), (payloadType, payload) => {
      assert.deepEqual(Buffer.from(encodePayload({ payloadType, payload })), dsse.preAuthEncoding(payloadType, Buffer.from(payload)))
    }))
  })

  it('is read as it was written', () => {
    fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (payload, signature) => {
      const [read] = parseEnvelope(formatEnvelope({ payloadType: STATEMENT_TYPE, payload, signature }))
      assert.deepEqual([Buffer.from(read?.payload ?? []), Buffer.from(read?.signature ?? [])], [Buffer.from(payload), Buffer.from(signature)])
    }))
  })

  it('is good where its statement is of the image, of whatever version', () => {
    for (const version of ['v0.1', 'v1']) {
      const judgement = judgeAttestation(signed(statement({ _type: `https://in-toto.io/Statement/${version}` })), image, findSigner)
      assert.deepEqual({ ...judgement, predicate: undefined }, { kind: 'good', signer: 'test.pub', predicateType: 'https://slsa.dev/provenance/v1', predicate: undefined })
    }
  })

  const bad: readonly { readonly name: string; readonly attestation: ReadAttestation; readonly why: RegExp }[] = [
    { name: 'another image', attestation: signed(statement({ subject: [{ name: 'app', digest: { sha256: digestHex(digestOf('other')) } }] })), why: /made for another image/ },
    { name: 'no image', attestation: signed(statement({ subject: [] })), why: /made for another image/ },
    { name: 'another kind of document', attestation: signed(statement({ _type: 'https://example.com/Statement' })), why: /no in-toto statement/ },
    { name: 'no predicate', attestation: signed(statement({ predicate: undefined })), why: /predicate/ },
    { name: 'something else than was signed', attestation: withPayload(signed(statement()), Buffer.from('{}')), why: /not made with test\.pub/ },
    { name: 'something unreadable', attestation: { kind: 'unreadable', why: 'because' }, why: /because/ },
  ]
  for (const { name, attestation, why } of bad) {
    it(`is bad where it is of ${name}`, () => {
      const judgement = judgeAttestation(attestation, image, findSigner)
      assert.equal(judgement.kind, 'bad')
      assert.match(judgement.why, why)
    })
  }

  for (const text of ['{}', '[]', '{"payloadType":"text/plain","payload":"","signatures":[]}', `{"payloadType":"${STATEMENT_TYPE}","payload":"","signatures":[{}]}`]) {
    it(`is refused that is ${text}`, () => assert.throws(() => parseEnvelope(Buffer.from(text))))
  }
})

function withPayload(attestation: ReadAttestation, payload: Uint8Array): ReadAttestation {
  if (attestation.kind !== 'signed') return attestation
  const envelope = { ...attestation.signature.envelope, payload }
  return { kind: 'signed', signature: { ...attestation.signature, payload: encodePayload(envelope), envelope } }
}
