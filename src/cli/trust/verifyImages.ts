import { formatFamiliar, parseReference, type Reference } from '../../ground/reference.ts'
import { judgeSignature, type FindSigner, type Judgement } from '../../trust/judgeSignature.ts'
import { fetchSignatures } from '../../trust/signatureImage.ts'
import { fetchSignedManifests, type SignedManifest } from '../../trust/signedManifests.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { formatTable } from '../format/table.ts'
import { openRegistry } from '../registry/registryAccess.ts'
import { neutralize } from '../render/displayText.ts'
import { parseAnnotationPairs } from './annotationPairs.ts'
import { openFindSigner } from './findSigner.ts'
import type { VerifyFlags } from './verifyFlags.ts'

/** One manifest, with what came of its signatures. */
interface Verdict extends SignedManifest {
  readonly reference: Reference
  readonly judgements: readonly Judgement[]
}

/** The exit code: 1 where an image, or with `--recursive` one of its platforms, has no signature that counts. @throws UsageError; KeyUnusableError; RegistryError */
export async function verifyImages(images: readonly string[], flags: VerifyFlags, context: CommandContext, signal: AbortSignal): Promise<number> {
  const wanted = parseAnnotationPairs(flags.annotations)
  const references = images.map(parseReference)
  const findSigner = await openFindSigner(flags, context)
  await using registry = await openRegistry(context)
  const verdicts: Verdict[] = []
  for (const reference of references) {
    for (const manifest of await fetchSignedManifests(registry, reference, { isRecursive: flags.recursive }, signal)) {
      const signatures = await fetchSignatures(registry, reference, manifest.digest, signal)
      verdicts.push({ ...manifest, reference, judgements: signatures.map((signature) => judge(signature, manifest, { findSigner, wanted })) })
    }
  }
  context.stdout.write(flags.format === 'json' ? formatJson(verdicts) : formatVerdicts(verdicts))
  return verdicts.every(isVerified) ? EXIT.done : EXIT.failed
}

interface Demand {
  readonly findSigner: FindSigner
  readonly wanted: ReadonlyMap<string, string>
}

function judge(signature: Parameters<FindSigner>[0], { digest }: SignedManifest, { findSigner, wanted }: Demand): Judgement {
  const judgement = judgeSignature(signature, digest, findSigner)
  if (judgement.kind === 'bad') return judgement
  const lacking = [...wanted].find(([key, value]) => judgement.claim.annotations.get(key) !== value)
  return lacking === undefined ? judgement : { kind: 'bad', why: `made by ${judgement.signer}, but does not say ${lacking.join('=')}` }
}

function isVerified({ judgements }: Verdict): boolean {
  return judgements.some(({ kind }) => kind === 'good')
}

/** What is not verified comes first. */
function formatVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.toSorted((a, b) => Number(isVerified(a)) - Number(isVerified(b))).flatMap((verdict) => rowsOf(verdict).map((row) => [formatFamiliar({ ...verdict.reference, digest: undefined }), verdict.part ?? '', ...row].map(neutralize)))
  return formatTable(['IMAGE', 'PART', 'RESULT', 'SIGNER', 'SAID'], rows)
}

/** Signatures of others are told only where there is none that counts. */
function rowsOf({ judgements }: Verdict): readonly (readonly [result: string, signer: string, said: string])[] {
  const good = judgements.flatMap((judgement) => (judgement.kind === 'good' ? [['verified', judgement.signer, describeClaim(judgement.claim)] as const] : []))
  if (good.length > 0) return good
  if (judgements.length === 0) return [['not signed', '', '']]
  return judgements.flatMap((judgement) => (judgement.kind === 'bad' ? [[`not verified: ${judgement.why}`, '', ''] as const] : []))
}

function describeClaim({ identity, annotations }: Extract<Judgement, { kind: 'good' }>['claim']): string {
  return [identity, ...[...annotations].map(([key, value]) => `${key}=${value}`)].join(' ')
}

function formatJson(verdicts: readonly Verdict[]): string {
  const images = verdicts.map((verdict) => ({
    image: formatFamiliar({ ...verdict.reference, digest: undefined }),
    digest: verdict.digest,
    part: verdict.part ?? null,
    isVerified: isVerified(verdict),
    signatures: verdict.judgements.map((judgement) => (judgement.kind === 'good' ? { isGood: true, signer: judgement.signer, identity: judgement.claim.identity, annotations: Object.fromEntries(judgement.claim.annotations) } : { isGood: false, why: judgement.why })),
  }))
  return `${JSON.stringify({ isVerified: verdicts.every(isVerified), images }, undefined, 2)}\n`
}
