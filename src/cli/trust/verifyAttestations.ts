import { formatFamiliar, parseReference, type Reference } from '../../ground/reference.ts'
import type { Registry } from '../../registry/registry.ts'
import { fetchAttestations } from '../../trust/attestation/attestationImage.ts'
import { judgeAttestation, type AttestationJudgement } from '../../trust/attestation/judgeAttestation.ts'
import { predicateTypesOf } from '../../trust/attestation/predicateType.ts'
import type { FindSigner } from '../../trust/judgeSignature.ts'
import { fetchSignedManifests, type SignedManifest } from '../../trust/signedManifests.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { formatTable } from '../format/table.ts'
import { openRegistry } from '../registry/registryAccess.ts'
import { neutralize } from '../render/displayText.ts'
import { openFindSigner } from './findSigner.ts'
import type { VerifyFlags } from './verifyFlags.ts'

/** One manifest and one type, with what came of its attestations of that type; what cannot be believed is of every type. */
interface Verdict extends SignedManifest {
  readonly reference: Reference
  readonly type: string
  readonly judgements: readonly AttestationJudgement[]
}

/**
 * The exit code: 1 where an image lacks a signed attestation of a type that is asked for. The index may have it for all
 * platforms; else each platform is to have one, since that is what a build attaches. @throws UsageError; KeyUnusableError; RegistryError
 */
export async function verifyAttestations(images: readonly string[], flags: VerifyFlags, context: CommandContext, signal: AbortSignal): Promise<number> {
  if (flags.annotations.length > 0) throw new UsageError('--annotations are of signatures, and --type asks for attestations', { hint: 'call verify twice' })
  const references = images.map(parseReference)
  const findSigner = await openFindSigner(flags, context)
  await using registry = await openRegistry(context)
  const verdicts: Verdict[] = []
  for (const reference of references) verdicts.push(...(await judgeImage(reference, flags.type, { registry, findSigner }, signal)))
  context.stdout.write(flags.format === 'json' ? formatJson(verdicts) : formatVerdicts(verdicts))
  return verdicts.every(isVerified) ? EXIT.done : EXIT.failed
}

async function judgeImage(reference: Reference, types: readonly string[], { registry, findSigner }: { readonly registry: Registry; readonly findSigner: FindSigner }, signal: AbortSignal): Promise<readonly Verdict[]> {
  const [root, ...parts] = await fetchSignedManifests(registry, reference, { isRecursive: true }, signal)
  const judged = async (manifest: SignedManifest): Promise<readonly Verdict[]> => {
    const judgements = (await fetchAttestations(registry, reference, manifest.digest, signal)).map((attestation) => judgeAttestation(attestation, manifest.digest, findSigner))
    return types.map((type) => ({ ...manifest, reference, type, judgements: judgements.filter((judgement) => judgement.kind === 'bad' || predicateTypesOf(type).includes(judgement.predicateType)) }))
  }
  const whole = root === undefined ? [] : await judged(root)
  const verdicts = whole.filter((verdict) => isVerified(verdict) || parts.length === 0)
  const missing = new Set(types.filter((type) => !verdicts.some((verdict) => verdict.type === type)))
  if (missing.size === 0) return verdicts
  for (const part of parts) verdicts.push(...(await judged(part)).filter(({ type }) => missing.has(type)))
  return verdicts
}

function isVerified({ judgements }: Verdict): boolean {
  return judgements.some(({ kind }) => kind === 'good')
}

/** What is not verified comes first. */
function formatVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.toSorted((a, b) => Number(isVerified(a)) - Number(isVerified(b))).flatMap((verdict) => rowsOf(verdict).map((row) => [formatFamiliar({ ...verdict.reference, digest: undefined }), verdict.part ?? '', ...row].map(neutralize)))
  return formatTable(['IMAGE', 'PART', 'TYPE', 'RESULT', 'SIGNER'], rows)
}

/** What others have signed is told only where there is nothing that counts. */
function rowsOf({ judgements, type }: Verdict): readonly (readonly [type: string, result: string, signer: string])[] {
  const good = judgements.flatMap((judgement) => (judgement.kind === 'good' ? [[judgement.predicateType, 'verified', judgement.signer] as const] : []))
  if (good.length > 0) return good
  const bad = judgements.flatMap((judgement) => (judgement.kind === 'bad' ? [[type, `not verified: ${judgement.why}`, ''] as const] : []))
  return bad.length > 0 ? bad : [[type, 'not attested', '']]
}

function formatJson(verdicts: readonly Verdict[]): string {
  const images = verdicts.map((verdict) => ({
    image: formatFamiliar({ ...verdict.reference, digest: undefined }),
    digest: verdict.digest,
    part: verdict.part ?? null,
    type: verdict.type,
    isVerified: isVerified(verdict),
    attestations: verdict.judgements.map((judgement) => (judgement.kind === 'good' ? { isGood: true, signer: judgement.signer, predicateType: judgement.predicateType, predicate: Object.fromEntries(judgement.predicate.fields) } : { isGood: false, why: judgement.why })),
  }))
  return `${JSON.stringify({ isVerified: verdicts.every(isVerified), images }, undefined, 2)}\n`
}
