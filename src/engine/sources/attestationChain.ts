import { verifiedBytes } from '../../content/verifiedBytes.ts'
import type { Digest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import type { Manifest } from '../../ground/oci/manifest.ts'
import type { Platform } from '../../ground/platform.ts'
import { formatFamiliar, type Reference } from '../../ground/reference.ts'
import { parseIndex, parseManifest } from '../../image/manifestJson.ts'
import type { Registry } from '../../registry/registry.ts'
import { choosePlatformManifest, withTrueDigest } from '../../registry/resolve.ts'

/** From an image's name to who vouches for what is said of it: each document as the registry has it, so that a client can check all by itself. */
export interface AttestationChain {
  /** What the name stands for. */
  readonly root: Digest
  /** The platform's own. */
  readonly imageManifest: Digest
  /** Undefined where nothing is said of it. */
  readonly attestationManifest: Digest | undefined
  /** What vouches for that. */
  readonly signatureManifests: readonly Digest[]
  /** All of these documents, the layers of the signatures, and the statements that were asked for. */
  readonly blobs: ReadonlyMap<Digest, ChainBlob>
}

export interface ChainBlob {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

export interface ChainQuestion {
  readonly reference: Reference
  readonly platform: Platform
  /** Types of in-toto predicates: statements of them are brought, too. */
  readonly predicateTypes: ReadonlySet<string>
}

/** What is asked of the registry. */
export type ChainRegistry = Pick<Registry, 'resolve' | 'fetchManifest' | 'readBlob' | 'listReferrers'>

/** Those of sigstore, the better one first: a client is given one signature, as BuildKit has it. */
const SIGNATURE_TYPES = ['application/vnd.dev.sigstore.bundle.v0.3+json', 'application/vnd.dev.cosign.artifact.sig.v1+json']

/** All is in one answer, and gRPC's messages are bounded. */
const MAX_CHAIN_BYTES = 12 << 20

/** Of the registry, whatever the local store has. @throws ImageNotFoundError; PlatformMissingError; InvalidValueError where it is beyond bounds */
export async function fetchAttestationChain(registry: ChainRegistry, question: ChainQuestion, signal: AbortSignal): Promise<AttestationChain> {
  const blobs = createChainBlobs(registry, question.reference, signal)
  const root = await withTrueDigest(async () => {
    const resolved = await registry.resolve(question.reference, signal)
    await blobs.addDocument(resolved)
    return resolved
  })
  const { image, attestation } = findManifests(root, blobs, question)
  if (image.digest !== root.digest) await blobs.addDocument(image)
  const signatures = attestation === undefined ? [] : await addAttestation(attestation, { registry, blobs }, question, signal)
  return { root: root.digest, imageManifest: image.digest, attestationManifest: attestation?.digest, signatureManifests: signatures.map(({ digest }) => digest), blobs: blobs.all }
}

function findManifests(root: Descriptor, blobs: ChainBlobs, { reference, platform }: ChainQuestion): { readonly image: Descriptor; readonly attestation: Descriptor | undefined } {
  if (!isIndexType(root.mediaType)) return { image: root, attestation: undefined }
  const { manifests } = parseIndex(blobs.bytesOf(root), root.mediaType)
  const image = choosePlatformManifest(manifests, platform, formatFamiliar(reference))
  return { image, attestation: manifests.find(({ annotations }) => annotations.get('vnd.docker.reference.type') === 'attestation-manifest' && annotations.get('vnd.docker.reference.digest') === image.digest) }
}

interface Adding {
  readonly registry: ChainRegistry
  readonly blobs: ChainBlobs
}

/** The signatures, of which there is one at most. */
async function addAttestation(attestation: Descriptor, { registry, blobs }: Adding, { reference, predicateTypes }: ChainQuestion, signal: AbortSignal): Promise<readonly Descriptor[]> {
  await blobs.addDocument(attestation)
  const statements = blobs.manifestOf(attestation).layers.filter(({ annotations }) => predicateTypes.has(annotations.get('in-toto.io/predicate-type') ?? ''))
  for (const statement of statements) await blobs.addLayer(statement)
  const referrers = await registry.listReferrers(reference, attestation.digest, signal)
  const signature = SIGNATURE_TYPES.flatMap((type) => referrers.find(({ artifactType }) => artifactType === type) ?? [])[0]
  if (signature === undefined) return []
  await blobs.addDocument(signature)
  for (const layer of blobs.manifestOf(signature).layers) await blobs.addLayer(layer)
  return [signature]
}

interface ChainBlobs {
  readonly all: ReadonlyMap<Digest, ChainBlob>
  /** A manifest or index. */
  addDocument(descriptor: Descriptor): Promise<void>
  addLayer(descriptor: Descriptor): Promise<void>
  bytesOf(descriptor: Descriptor): Uint8Array
  manifestOf(descriptor: Descriptor): Manifest
}

function createChainBlobs(registry: ChainRegistry, reference: Reference, signal: AbortSignal): ChainBlobs {
  const all = new Map<Digest, ChainBlob>()
  let sizeBytes = 0
  const count = (addedBytes: number): void => {
    sizeBytes += addedBytes
    if (sizeBytes > MAX_CHAIN_BYTES) throw new InvalidValueError(`the attestations of ${formatFamiliar(reference)} have more than ${MAX_CHAIN_BYTES} bytes`)
  }
  const add = (descriptor: Descriptor, bytes: Uint8Array): void => void all.set(descriptor.digest, { descriptor, bytes })
  const bytesOf = ({ digest }: Descriptor): Uint8Array => all.get(digest)?.bytes ?? new Uint8Array()
  return {
    all,
    bytesOf,
    manifestOf: (descriptor) => parseManifest(bytesOf(descriptor), descriptor.mediaType),
    async addDocument(descriptor) {
      count(descriptor.sizeBytes)
      add(descriptor, await registry.fetchManifest({ ...reference, tag: undefined, digest: descriptor.digest }, descriptor, signal))
    },
    async addLayer(descriptor) {
      count(descriptor.sizeBytes)
      const chunks: Uint8Array[] = []
      for await (const chunk of verifiedBytes(descriptor.digest, registry.readBlob(reference, descriptor, 0, signal))) chunks.push(chunk)
      add(descriptor, Buffer.concat(chunks))
    },
  }
}
