import { formatFamiliar, formatReference, parseReference } from '../../ground/reference.ts'
import { formatClaim } from '../../trust/claim.ts'
import { enterKeySignature, sealByIdentity } from '../../trust/identity/identitySeal.ts'
import { readSigner } from '../../trust/keys/keyPair.ts'
import { attachSignature, type Signature } from '../../trust/signatureImage.ts'
import { fetchSignedManifests } from '../../trust/signedManifests.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { openOrigin } from '../registry/registryAccess.ts'
import { parseAnnotationPairs } from './annotationPairs.ts'
import { findIdentityToken } from './identityToken.ts'
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
  const services = { authorityUrl: flags['fulcio-url'], logUrl: flags['rekor-url'] }
  if (flags.key === undefined) {
    const token = await findIdentityToken(flags['identity-token'], context, signal)
    return async (payload) => await sealByIdentity(payload, token, services)
  }
  if (flags['identity-token'] !== undefined) throw new UsageError('--key and --identity-token exclude each other')
  const { pem, name } = await readKeyText(flags.key, context)
  const signer = await readSigner(pem, () => askForPassword(`Password of ${name}: `, context, signal), name)
  return async (payload) => {
    const signature = signer.sign(payload)
    const receipt = flags['tlog-upload'] ? await enterKeySignature(payload, signature, signer.publicKey, services.logUrl) : undefined
    return { payload, signature, certificate: undefined, chain: undefined, receipt }
  }
}
