import { formatFamiliar, formatReference, parseReference } from '../../ground/reference.ts'
import { formatClaim } from '../../trust/claim.ts'
import { readSigner } from '../../trust/keys/keyPair.ts'
import { attachSignature, type Signature } from '../../trust/signatureImage.ts'
import { fetchSignedManifests } from '../../trust/signedManifests.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { openOrigin } from '../registry/registryAccess.ts'
import { parseAnnotationPairs } from './annotationPairs.ts'
import { askForPassword, readKeyText } from './keyFiles.ts'
import type { SignFlags } from './signFlags.ts'

/** What makes a signature of a claim. */
type Seal = (payload: Uint8Array) => Promise<Signature>

/** Each image with those of its platforms; what was signed before the failure of another stays. @throws UsageError; KeyUnusableError; RegistryError */
export async function signImages(images: readonly string[], flags: SignFlags, context: CommandContext, signal: AbortSignal): Promise<void> {
  const annotations = parseAnnotationPairs(flags.annotations)
  const references = images.map(parseReference)
  const identity = flags['sign-container-identity'] === undefined ? undefined : parseReference(flags['sign-container-identity'])
  const seal = await openSeal(flags, context, signal)
  await using registry = await openOrigin(context)
  for (const reference of references) {
    for (const { digest, part } of await fetchSignedManifests(registry, reference, { isRecursive: flags.recursive }, signal)) {
      const payload = Buffer.from(formatClaim({ identity: formatReference({ ...(identity ?? reference), digest: undefined }), manifestDigest: digest, annotations }))
      await attachSignature(registry, { repository: reference, digest }, await seal(payload), signal)
      context.stdout.write(`signed ${formatFamiliar({ ...reference, digest })}${part === undefined ? '' : `  ${part}`}\n`)
    }
  }
}

async function openSeal(flags: SignFlags, context: CommandContext, signal: AbortSignal): Promise<Seal> {
  if (flags.key === undefined) throw new UsageError('no --key')
  const { pem, name } = await readKeyText(flags.key, context)
  const signer = await readSigner(pem, () => askForPassword(`Password of ${name}: `, context, signal), name)
  return async (payload) => ({ payload, signature: signer.sign(payload), certificate: undefined, chain: undefined, receipt: undefined })
}
