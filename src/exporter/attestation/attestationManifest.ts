import { putBytes, type ContentStore } from '../../content/contentStore.ts'
import { digestHex } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import type { Manifest } from '../../ground/oci/manifest.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { imagePackageUrl } from '../../ground/packageUrl.ts'
import type { Platform } from '../../ground/platform.ts'
import type { Reference } from '../../ground/reference.ts'
import { attestationAnnotations, PREDICATE_TYPE_ANNOTATION } from '../../image/index/attestation.ts'
import { formatManifest } from '../../image/manifestJson.ts'
import type { Attestation } from './attestation.ts'
import { formatStatement } from './statement.ts'
import { resolveSubjects } from './subject.ts'

/**
 * How attestations stand beside their image: `artifact` is an OCI artifact with the image as its subject, so that
 * registries list it among the image's referrers; `image` has the shape of an image, as BuildKit before 0.31 has it.
 */
export type AttestationStyle = 'artifact' | 'image'

/** A manifest that speaks of an image in the same index. */
export interface AttestationManifest {
  /** As the index has it. */
  readonly descriptor: Descriptor
  /** Config and statements. */
  readonly blobs: readonly Descriptor[]
}

export interface AttestedImage {
  readonly platform: Platform
  /** Of the image's manifest. */
  readonly descriptor: Descriptor
  readonly layers: readonly Descriptor[]
  /** What it is called, each a subject. */
  readonly names: readonly Reference[]
}

/** Where they go, and how. */
export interface AttestationTarget {
  readonly style: AttestationStyle
  readonly content: ContentStore
}

/** Puts statements and manifest into `content`, what is named before what names it. */
export async function writeAttestations(attestations: readonly Attestation[], image: AttestedImage, { style, content }: AttestationTarget, signal: AbortSignal): Promise<AttestationManifest> {
  const subjects = image.names.map((name) => ({ name: imagePackageUrl(name, image.platform), digest: { sha256: digestHex(image.descriptor.digest) } }))
  const statements: Descriptor[] = []
  for (const attestation of attestations) {
    const { predicateType } = attestation
    const bytes = formatStatement({ predicateType, subjects: resolveSubjects(attestation.subjects, subjects), predicate: await attestation.predicate(image.layers, signal) }, 'compact')
    statements.push({ ...(await put(MEDIA_TYPE.inToto, bytes, content, signal)), annotations: new Map([[PREDICATE_TYPE_ANNOTATION, predicateType]]) })
  }
  const config = style === 'artifact' ? await put(MEDIA_TYPE.ociEmpty, Buffer.from('{}'), content, signal) : await put(MEDIA_TYPE.ociConfig, formatConfig(statements), content, signal)
  const { mediaType, digest, sizeBytes } = image.descriptor
  const manifest: Manifest = {
    mediaType: MEDIA_TYPE.ociManifest,
    artifactType: style === 'artifact' ? MEDIA_TYPE.attestationArtifact : undefined,
    config,
    layers: statements,
    subject: style === 'artifact' ? describeBlob(mediaType, digest, sizeBytes) : undefined,
    annotations: new Map(),
  }
  const written = await put(manifest.mediaType, formatManifest(manifest), content, signal)
  return { descriptor: { ...written, platform: UNKNOWN_PLATFORM, annotations: attestationAnnotations(digest) }, blobs: [config, ...statements] }
}

const UNKNOWN_PLATFORM: Platform = { os: 'unknown', architecture: 'unknown', variant: '', osVersion: '' }

/** An image of no platform, whose files are the statements. */
function formatConfig(statements: readonly Descriptor[]): Uint8Array {
  return Buffer.from(JSON.stringify({ architecture: 'unknown', os: 'unknown', config: {}, rootfs: { type: 'layers', diff_ids: statements.map(({ digest }) => digest) } }))
}

async function put(mediaType: string, bytes: Uint8Array, content: ContentStore, signal: AbortSignal): Promise<Descriptor> {
  return describeBlob(mediaType, await putBytes(bytes, content, signal), bytes.byteLength)
}
