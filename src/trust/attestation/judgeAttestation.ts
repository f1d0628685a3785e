import { digestHex, type Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { objectList, optionalString, parseJsonObject, requiredObject, requiredString, type JsonObject } from '../../ground/jsonValue.ts'
import { UntrustedError } from '../trustError.ts'
import type { FindSigner } from '../judgeSignature.ts'
import type { ReadAttestation } from './attestationImage.ts'

/** What came of looking at one signed attestation. */
export type AttestationJudgement = { readonly kind: 'good'; readonly signer: string; readonly predicateType: string; readonly predicate: JsonObject } | { readonly kind: 'bad'; readonly why: string }

/** Whether an attestation speaks of the manifest `digest`, and who says so. Its statement is read only once that is known. */
export function judgeAttestation(attestation: ReadAttestation, digest: Digest, findSigner: FindSigner): AttestationJudgement {
  if (attestation.kind === 'unreadable') return { kind: 'bad', why: attestation.why }
  const found = findSigner(attestation.signature)
  if ('why' in found) return { kind: 'bad', why: found.why }
  try {
    return { kind: 'good', signer: found.signer, ...parseStatement(attestation.signature.envelope.payload, digest) }
  } catch (error) {
    if (error instanceof BuildError) return { kind: 'bad', why: error.message }
    throw error
  }
}

/** in-toto attestation framework, "Statement", of any version. @throws InvalidValueError; UntrustedError */
function parseStatement(bytes: Uint8Array, digest: Digest): { readonly predicateType: string; readonly predicate: JsonObject } {
  const statement = parseJsonObject(Buffer.from(bytes).toString(), 'the signed statement')
  if (!/^https:\/\/in-toto\.io\/Statement\/v\d/.test(requiredString(statement, '_type'))) throw new UntrustedError('what is signed is no in-toto statement')
  const subjects = objectList(statement, 'subject').map((subject) => optionalString(requiredObject(subject, 'digest'), 'sha256') ?? 'no sha256')
  if (!subjects.includes(digestHex(digest))) throw new UntrustedError(`made for another image, ${subjects.map((subject) => `sha256:${subject}`).join(', ')}`)
  return { predicateType: requiredString(statement, 'predicateType'), predicate: requiredObject(statement, 'predicate') }
}
