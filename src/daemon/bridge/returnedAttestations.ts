import { AttestationKind, InTotoSubjectKind, type Attestation as AttestationMessage, type InTotoSubject, type Result } from '../../api/gen/gateway_pb.ts'
import { checkClaimable, type ClientAttestation } from '../../engine/attestation/clientAttestations.ts'
import type { AttestedSubject } from '../../exporter/attestation/subject.ts'
import { InvalidValueError } from '../../ground/errors.ts'

/** What a client says of a platform of its result, and in which of its results it stands. */
export interface ReturnedAttestation extends Omit<ClientAttestation, 'open'> {
  readonly ref: string
}

/** By the platform that they are of. @throws InvalidValueError */
export function parseAttestations({ attestations }: Pick<Result, 'attestations'>): ReadonlyMap<string, readonly ReturnedAttestation[]> {
  const found = Object.entries(attestations).map(([key, { attestation }]) => [key, attestation.map(toAttestation)] as const)
  return new Map(found.filter(([, list]) => list.length > 0))
}

function toAttestation({ kind, metadata, ref, path, inTotoPredicateType, inTotoSubjects }: AttestationMessage): ReturnedAttestation {
  if (kind !== AttestationKind.InToto && kind !== AttestationKind.Bundle) throw new InvalidValueError(`unknown kind of attestation: ${String(kind)}`)
  if (kind === AttestationKind.InToto && path === '') throw new InvalidValueError('attestation does not have set path')
  if (ref === undefined || ref.id === '') throw new InvalidValueError('attestation does not have available content', { hint: 'name the result in which it stands: ref' })
  checkClaimable(inTotoPredicateType)
  const text = (name: string): string => Buffer.from(metadata[name] ?? []).toString()
  return {
    kind: kind === AttestationKind.Bundle ? 'bundle' : 'statement',
    predicateType: inTotoPredicateType,
    subjects: inTotoSubjects.map(toSubject),
    path,
    isInlineOnly: TRUE.has(text('inline-only')),
    coreName: text('sbom-core'),
    ref: ref.id,
  }
}

/** As Go reads it. */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])

/** BuildKit's word for something without a name. */
const NAMELESS = '_'

function toSubject({ kind, name, digest }: InTotoSubject): AttestedSubject {
  switch (kind) {
    case InTotoSubjectKind.Self:
      return { kind: 'exported', alias: name === NAMELESS ? '' : name }
    case InTotoSubjectKind.Raw:
      return { kind: 'other', subject: { name: name === '' ? NAMELESS : name, digest: Object.fromEntries(digest.map(splitDigest)) } }
    default:
      throw new InvalidValueError(`unknown kind of subject of an attestation: ${String(kind)}`)
  }
}

function splitDigest(digest: string): readonly [algorithm: string, hex: string] {
  const [, algorithm, hex] = /^(\w+):([0-9a-f]+)$/.exec(digest) ?? []
  if (algorithm === undefined || hex === undefined) throw new InvalidValueError(`invalid digest of a subject: ${JSON.stringify(digest)}`)
  return [algorithm, hex]
}
