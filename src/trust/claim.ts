import { parseDigest, type Digest } from '../ground/digest.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { optionalObject, parseJsonObject, requiredObject, requiredString } from '../ground/jsonValue.ts'

/** What a signature says, after containers/image's "simple signing" as cosign writes it. */
export interface Claim {
  /** Under which name the image was signed: `host/repository`, with a tag or without. */
  readonly identity: string
  readonly manifestDigest: Digest
  /** What the signer added. */
  readonly annotations: ReadonlyMap<string, string>
}

const TYPE = 'cosign container image signature'

export function formatClaim({ identity, manifestDigest, annotations }: Claim): string {
  return JSON.stringify({
    critical: { identity: { 'docker-reference': identity }, image: { 'docker-manifest-digest': manifestDigest }, type: TYPE },
    optional: annotations.size === 0 ? null : Object.fromEntries([...annotations].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  })
}

/** Of bytes whose signature was found good. @throws InvalidValueError */
export function parseClaim(text: string): Claim {
  const claim = parseJsonObject(text, 'the signed claim')
  const critical = requiredObject(claim, 'critical')
  const type = requiredString(critical, 'type')
  if (type !== TYPE) throw new InvalidValueError(`a claim of another kind: ${type}`)
  const optional = optionalObject(claim, 'optional')
  return {
    identity: requiredString(requiredObject(critical, 'identity'), 'docker-reference'),
    manifestDigest: parseDigest(requiredString(requiredObject(critical, 'image'), 'docker-manifest-digest')),
    annotations: new Map([...(optional?.fields ?? [])].flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : []))),
  }
}
