import type { KeyObject } from 'node:crypto'
import type { Digest } from '../ground/digest.ts'
import { BuildError } from '../ground/errors.ts'
import { parseClaim, type Claim } from './claim.ts'
import { isSignedBy } from './keys/keyPair.ts'
import type { Signature } from './signatureImage.ts'

/** What came of looking at one signature. */
export type Judgement = { readonly kind: 'good'; readonly claim: Claim; readonly signer: string } | { readonly kind: 'bad'; readonly why: string }

/** What a signature is believed by: finds out who made it, or says why nobody that counts did. */
export type FindSigner = (signature: Signature) => { readonly signer: string } | { readonly why: string }

/** Any of the keys, each with what it is called. */
export function byKeys(keys: readonly { readonly name: string; readonly key: KeyObject }[]): FindSigner {
  return ({ payload, signature }) => {
    const found = keys.find(({ key }) => isSignedBy(key, payload, signature))
    return found === undefined ? { why: `not made with ${keys.map(({ name }) => name).join(' or ')}` } : { signer: found.name }
  }
}

/** Whether a signature is of the manifest `digest`, and by whom. Its claim is read only once it is known who made it. */
export function judgeSignature(signature: Signature, digest: Digest, findSigner: FindSigner): Judgement {
  const found = findSigner(signature)
  if ('why' in found) return { kind: 'bad', why: found.why }
  try {
    const claim = parseClaim(Buffer.from(signature.payload).toString())
    if (claim.manifestDigest !== digest) return { kind: 'bad', why: `made for another image, ${claim.manifestDigest}` }
    return { kind: 'good', claim, signer: found.signer }
  } catch (error) {
    if (error instanceof BuildError) return { kind: 'bad', why: error.message }
    throw error
  }
}
