import { sign, type KeyObject } from 'node:crypto'
import type { Agent } from './agent.ts'
import { AGENT, FAILURE, packInteger, packNumber, packString, readPieces } from './agentMessage.ts'

/** A private key, and its public half as ssh writes it. */
export interface AgentKey {
  readonly key: KeyObject
  readonly publicBlob: Uint8Array
  readonly comment: string
}

/** An agent that has `keys`, and is no process. */
export function createKeyAgent(keys: readonly AgentKey[]): Agent {
  return {
    async answer(request) {
      if (request[0] === AGENT.requestIdentities) return listKeys(keys)
      try {
        return signData(keys, request.subarray(1))
      } catch (error) {
        if (error instanceof RangeError) return FAILURE // no message of the protocol
        throw error
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

function listKeys(keys: readonly AgentKey[]): Uint8Array {
  const list = keys.flatMap(({ publicBlob, comment }) => [packString(publicBlob), packString(comment)])
  return Buffer.concat([Buffer.of(AGENT.identitiesAnswer), packNumber(keys.length), ...list])
}

function signData(keys: readonly AgentKey[], pieces: Uint8Array): Uint8Array {
  const reader = readPieces(pieces)
  const [blob, data, flags] = [reader.string(), reader.string(), reader.number()]
  const found = keys.find(({ publicBlob }) => blob.equals(publicBlob))
  if (found === undefined) return FAILURE
  return Buffer.concat([Buffer.of(AGENT.signResponse), packString(signatureOf(found.key, data, flags))])
}

const RSA_SHA2_256 = 2
const RSA_SHA2_512 = 4

/** RFC 4253 section 6.6, RFC 5656, RFC 8332, RFC 8709. */
function signatureOf(key: KeyObject, data: Uint8Array, flags: number): Uint8Array {
  if (key.asymmetricKeyType === 'ed25519') return signature('ssh-ed25519', sign(null, data, key))
  if (key.asymmetricKeyType !== 'rsa') return signatureOfCurve(key, data)
  if ((flags & RSA_SHA2_512) !== 0) return signature('rsa-sha2-512', sign('sha512', data, key))
  if ((flags & RSA_SHA2_256) !== 0) return signature('rsa-sha2-256', sign('sha256', data, key))
  return signature('ssh-rsa', sign('sha1', data, key))
}

function signatureOfCurve(key: KeyObject, data: Uint8Array): Uint8Array {
  const curve = CURVES.find(({ node }) => node === key.asymmetricKeyDetails?.namedCurve)
  if (curve === undefined) throw new RangeError('a key of an unknown kind')
  const pair = sign(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' })
  const half = pair.byteLength / 2
  return signature(`ecdsa-sha2-${curve.ssh}`, Buffer.concat([packInteger(pair.subarray(0, half)), packInteger(pair.subarray(half))]))
}

function signature(algorithm: string, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([packString(algorithm), packString(bytes)])
}

/** The curves that ssh has, with the names that others give them. */
export const CURVES = [
  { ssh: 'nistp256', node: 'prime256v1', jwk: 'P-256', hash: 'sha256' },
  { ssh: 'nistp384', node: 'secp384r1', jwk: 'P-384', hash: 'sha384' },
  { ssh: 'nistp521', node: 'secp521r1', jwk: 'P-521', hash: 'sha512' },
] as const
