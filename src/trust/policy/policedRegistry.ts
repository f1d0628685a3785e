import { readFile } from 'node:fs/promises'
import type { Digest } from '../../ground/digest.ts'
import { formatFamiliar, type Reference } from '../../ground/reference.ts'
import { ifThere } from '../../kit/files/ifThere.ts'
import { createSingleFlight } from '../../kit/singleFlight.ts'
import type { Registry, Repository } from '../../registry/registry.ts'
import { byIdentity, parseTrustedRoot, replaceAuthority } from '../identity/certificateTrust.ts'
import { readPublicKey } from '../keys/keyPair.ts'
import { byKeys, judgeSignature, type FindSigner } from '../judgeSignature.ts'
import { fetchSignatures, type Signature } from '../signatureImage.ts'
import { UntrustedError } from '../trustError.ts'
import { isIdentity } from './identityRule.ts'
import { requirementsFor, type KeySource, type Policy, type RequiredSigner, type Requirement, type SignedRequirement } from './policy.ts'

/** An image as it was asked for, and what stands there. */
interface Candidate {
  readonly reference: Reference
  readonly trustedRoot: string | undefined
  readonly digest: Digest
  /** Fetched when the first requirement asks for them. */
  readonly signatures: () => Promise<readonly Signature[]>
}

/** A registry from which no image comes in that the policy does not let in: `resolve` says so before a byte of it is fetched. */
export interface PolicedRegistry extends Registry {
  /** Of a blob that is asked for by itself: nothing signed names it, so that only a policy that accepts anything lets it in. @throws UntrustedError */
  checkLoneBlob(repository: Repository, digest: Digest): Promise<void>
}

/** The policy is read once. @throws (from `resolve`) UntrustedError */
export function withPolicy<T extends Registry>(registry: T, read: () => Promise<Policy | undefined>): T & PolicedRegistry {
  let policy: Promise<Policy | undefined> | undefined
  const judging = createSingleFlight<string, undefined>()
  const admitted = new Set<string>()
  return {
    ...registry,
    async resolve(reference, signal) {
      const descriptor = await registry.resolve(reference, signal)
      policy ??= read()
      const rules = await policy
      if (rules === undefined) return descriptor
      const name = `${formatFamiliar(reference)} ${descriptor.digest}`
      if (admitted.has(name)) return descriptor
      await judging.run(name, async (inner) => void (await admit(rules, { reference, trustedRoot: rules.trustedRoot, digest: descriptor.digest, signatures: () => fetchSignatures(registry, reference, descriptor.digest, inner) })), signal)
      admitted.add(name)
      return descriptor
    },
    async checkLoneBlob({ host, repository }, digest) {
      policy ??= read()
      const rules = await policy
      if (rules !== undefined) admitLoneBlob(rules, { host, repository, tag: undefined, digest })
    },
  }
}

function admitLoneBlob(policy: Policy, reference: Reference): void {
  const { scope, requirements } = requirementsFor(policy, reference)
  const [unmet] = requirements.flatMap((requirement) => (requirement.kind === 'accept' ? [] : [requirement]))
  if (unmet === undefined) return
  throw new UntrustedError(`the blob ${formatFamiliar(reference)} is not let in by itself by ${policy.path}: ${scope} ${whyNoLoneBlob(unmet)}`, { hint: 'take what is in it from an image that is let in, or change the policy' })
}

function whyNoLoneBlob(requirement: Exclude<Requirement, { readonly kind: 'accept' }>): string {
  switch (requirement.kind) {
    case 'reject':
      return 'rejects it'
    case 'unknown':
      return `asks for ${JSON.stringify(requirement.type)}, which only images can have`
    case 'signed':
      return `asks for a signature by ${describeSigner(requirement.signer)}, which only images can have`
  }
}

async function admit(policy: Policy, candidate: Candidate): Promise<void> {
  const { scope, requirements } = requirementsFor(policy, candidate.reference)
  for (const requirement of requirements) {
    const why = await whyRefused(requirement, candidate)
    if (why === undefined) continue
    throw new UntrustedError(`${formatFamiliar(candidate.reference)} is not let in by ${policy.path}: ${scope} ${why}`, { hint: 'have it signed (pelago sign), or change the policy' })
  }
}

/** Undefined where the requirement is met. */
async function whyRefused(requirement: Requirement, candidate: Candidate): Promise<string | undefined> {
  switch (requirement.kind) {
    case 'accept':
      return undefined
    case 'reject':
      return 'rejects it'
    case 'unknown':
      return `asks for ${JSON.stringify(requirement.type)}, which cannot be judged here`
    case 'signed':
      return await whyUnsigned(requirement, candidate)
  }
}

async function whyUnsigned({ signer, identity }: SignedRequirement, { reference, digest, signatures, trustedRoot }: Candidate): Promise<string | undefined> {
  const wanted = `asks for a signature by ${describeSigner(signer)}`
  const findSigner = await openSigner(signer, trustedRoot)
  const judgements = (await signatures()).map((signature) => judgeSignature(signature, digest, findSigner))
  const good = judgements.flatMap((judgement) => (judgement.kind === 'good' ? [judgement.claim.identity] : []))
  if (good.some((signed) => isIdentity(identity, reference, signed))) return undefined
  if (good.length > 0) return `${wanted}, and there is one, but for ${[...new Set(good)].join(', ')} (${identity.kind})`
  const [bad] = judgements.flatMap((judgement) => (judgement.kind === 'bad' ? [judgement.why] : []))
  return bad === undefined ? `${wanted}, and it has none` : `${wanted}, and its signature does not hold: ${bad}`
}

function describeSigner(signer: RequiredSigner): string {
  return signer.kind === 'keys' ? signer.keys.map(nameOf).join(' or ') : `${signer.email}, vouched for by ${signer.issuer}`
}

function nameOf(source: KeySource): string {
  return source.kind === 'file' ? source.path : 'the key in it'
}

async function openSigner(signer: RequiredSigner, trustedRoot: string | undefined): Promise<FindSigner> {
  switch (signer.kind) {
    case 'keys':
      return byKeys(await Promise.all(signer.keys.map(async (source) => ({ name: nameOf(source), key: readPublicKey(await readSource(source), nameOf(source)) }))))
    case 'certificate': {
      if (trustedRoot === undefined) return () => ({ why: 'PELAGO_TRUSTED_ROOT does not say whom to believe about certificates' })
      const root = await parseTrustedRoot(await readSource({ kind: 'file', path: trustedRoot }), trustedRoot)
      const trust = await replaceAuthority(root, await readSource(signer.authority), await Promise.all(signer.logKeys.map(readSource)))
      const { email, issuer } = signer
      return await byIdentity(trust, { subject: (name) => name === email, issuer: (url) => url === issuer, description: `${email} of ${issuer}` })
    }
  }
}

async function readSource(source: KeySource): Promise<string> {
  if (source.kind === 'text') return source.pem
  const pem = await ifThere(readFile(source.path, 'utf8'))
  if (pem === undefined) throw new UntrustedError(`a file that the policy needs is not there: ${source.path}`)
  return pem
}
