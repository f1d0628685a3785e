import { formatFamiliar, formatReference, parseReference, type Reference } from '../../ground/reference.ts'
import type { Registry } from '../../registry/registry.ts'
import { attachAttestation } from '../../trust/attestation/attestationImage.ts'
import { encodePayload, STATEMENT_TYPE } from '../../trust/attestation/dsseEnvelope.ts'
import { fetchStatements } from '../../trust/attestation/attachedStatements.ts'
import { formatClaim } from '../../trust/claim.ts'
import { enterKeySignature, sealByIdentity, type Sealed } from '../../trust/identity/identitySeal.ts'
import { readSigner } from '../../trust/keys/keyPair.ts'
import { attachSignature, type Signature } from '../../trust/signatureImage.ts'
import { fetchSignedManifests } from '../../trust/signedManifests.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { openOrigin } from '../registry/registryAccess.ts'
import { neutralize } from '../render/displayText.ts'
import { parseAnnotationPairs } from './annotationPairs.ts'
import { findIdentityToken } from './identityToken.ts'
import { askForPassword, readKeyText } from './keyFiles.ts'
import type { SignFlags } from './signFlags.ts'

/** What makes a signature. */
type Seal = (sealed: Sealed) => Promise<Signature>

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
      await attachSignature(registry, { repository: reference, digest }, await seal({ payload, enveloped: undefined }), signal)
      context.stdout.write(`signed ${formatFamiliar({ ...reference, digest })}${part === undefined ? '' : `  ${part}`}\n`)
    }
    if (flags.attestations) await signStatements(reference, { registry, seal, stdout: context.stdout }, signal)
  }
}

interface Signing {
  readonly registry: Registry
  readonly seal: Seal
  readonly stdout: CommandContext['stdout']
}

/** What the build has attached, as it stands there. @throws UsageError where there is nothing */
async function signStatements(reference: Reference, { registry, seal, stdout }: Signing, signal: AbortSignal): Promise<void> {
  const statements = await fetchStatements(registry, reference, signal)
  if (statements.length === 0) throw new UsageError(`${formatFamiliar(reference)} has no attestations to sign`, { hint: 'build it with --provenance=true or --sbom=true, and push it' })
  for (const { digest, part, predicateType, bytes } of statements) {
    const enveloped = { payloadType: STATEMENT_TYPE, payload: bytes }
    const { envelope, ...signature } = await seal({ payload: encodePayload(enveloped), enveloped })
    if (envelope === undefined) throw new TypeError('a statement is signed in an envelope')
    await attachAttestation(registry, { repository: reference, digest, predicateType }, { ...signature, envelope }, signal)
    stdout.write(`signed ${formatFamiliar({ ...reference, digest })}  ${part}  ${neutralize(predicateType)}\n`)
  }
}

async function openSeal(flags: SignFlags, context: CommandContext, signal: AbortSignal): Promise<Seal> {
  const services = { authorityUrl: flags['fulcio-url'], logUrl: flags['rekor-url'] }
  if (flags.key === undefined) {
    const token = await findIdentityToken(flags['identity-token'], context, signal)
    return async (sealed) => await sealByIdentity(sealed, token, services)
  }
  if (flags['identity-token'] !== undefined) throw new UsageError('--key and --identity-token exclude each other')
  const { pem, name } = await readKeyText(flags.key, context)
  const signer = await readSigner(pem, () => askForPassword(`Password of ${name}: `, context, signal), name)
  return async (sealed) => {
    const { payload, enveloped } = sealed
    const signature = signer.sign(payload)
    const receipt = flags['tlog-upload'] ? await enterKeySignature(sealed, signature, signer.publicKey, services.logUrl) : undefined
    return { payload, signature, certificate: undefined, chain: undefined, receipt, envelope: enveloped === undefined ? undefined : { ...enveloped, signature } }
  }
}
