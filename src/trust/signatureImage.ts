import { verifiedBytes } from '../content/verifiedBytes.ts'
import { digestHex, digestOf, type Digest } from '../ground/digest.ts'
import { describeBlob, type Descriptor } from '../ground/oci/descriptor.ts'
import type { Manifest } from '../ground/oci/manifest.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import type { Reference } from '../ground/reference.ts'
import { formatManifest, parseManifest } from '../image/manifestJson.ts'
import type { Registry, Repository } from '../registry/registry.ts'
import { ImageNotFoundError, TagMovedError } from '../registry/registryError.ts'
import { UntrustedError } from './trustError.ts'

/*
 * Signatures as cosign attaches them and containers/image ("sigstore attachments") reads them: beside the image, under
 * the tag `sha256-<hex>.sig`, stands an image whose layers are the signed claims, each with its signature, and with the
 * certificate and the log's receipt where there are some, as annotations.
 */

export interface Signature {
  /** The signed bytes: a claim. */
  readonly payload: Uint8Array
  readonly signature: Uint8Array
  /** PEM: who signed, where that is no key of its own, and those that vouch for it. */
  readonly certificate: string | undefined
  readonly chain: string | undefined
  /** The transparency log's receipt, as Rekor's client has it: JSON. */
  readonly receipt: string | undefined
}

const CLAIM_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json'
const ANNOTATION = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  receipt: 'dev.sigstore.cosign/bundle',
} as const

/** A claim has a few hundred bytes, an image a handful of signatures. */
const MAX_CLAIM_BYTES = 64 * 1024
const MAX_SIGNATURES = 100
/** Others may sign at the same time. */
const ATTEMPTS = 5

/** Where the signatures of the manifest `digest` stand. */
export function signatureReference({ host, repository }: Repository, digest: Digest): Reference {
  return { host, repository, tag: `sha256-${digestHex(digest)}.sig`, digest: undefined }
}

/** In the order in which they were made; none where there are none. @throws UntrustedError where what stands there is beyond bounds */
export async function fetchSignatures(registry: Registry, repository: Repository, digest: Digest, signal: AbortSignal): Promise<readonly Signature[]> {
  const reference = signatureReference(repository, digest)
  const found = await fetchManifest(registry, reference, signal)
  const layers = (found?.manifest.layers ?? []).filter(({ mediaType, annotations }) => mediaType === CLAIM_TYPE && annotations.has(ANNOTATION.signature))
  if (layers.length > MAX_SIGNATURES) throw new UntrustedError(`${layers.length} signatures stand at ${reference.tag}: more than ${MAX_SIGNATURES} are not looked at`)
  const signatures: Signature[] = []
  for (const layer of layers) signatures.push(await fetchSignature(registry, repository, layer, signal))
  return signatures
}

async function fetchSignature(registry: Registry, repository: Repository, layer: Descriptor, signal: AbortSignal): Promise<Signature> {
  if (layer.sizeBytes > MAX_CLAIM_BYTES) throw new UntrustedError(`a signed claim of ${layer.sizeBytes} bytes: more than ${MAX_CLAIM_BYTES} are not read`)
  const chunks: Uint8Array[] = []
  for await (const chunk of verifiedBytes(layer.digest, registry.readBlob(repository, layer, 0, signal))) chunks.push(chunk)
  const { annotations } = layer
  return {
    payload: Buffer.concat(chunks),
    signature: Buffer.from(annotations.get(ANNOTATION.signature) ?? '', 'base64'),
    certificate: annotations.get(ANNOTATION.certificate),
    chain: annotations.get(ANNOTATION.chain),
    receipt: annotations.get(ANNOTATION.receipt),
  }
}

/** Adds a signature to those of the manifest `digest`, unless it stands there. Gives whether it was added. */
export async function attachSignature(registry: Registry, place: { readonly repository: Repository; readonly digest: Digest }, signature: Signature, signal: AbortSignal): Promise<boolean> {
  const reference = signatureReference(place.repository, place.digest)
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryToAttach(registry, reference, signature, signal)
    } catch (error) {
      if (!(error instanceof TagMovedError) || attempt === ATTEMPTS) throw error
    }
  }
}

async function tryToAttach(registry: Registry, reference: Reference, signature: Signature, signal: AbortSignal): Promise<boolean> {
  const found = await fetchManifest(registry, reference, signal)
  const layer = describeSignature(signature)
  const layers = found?.manifest.layers ?? []
  if (layers.some(({ digest, annotations }) => digest === layer.digest && annotations.get(ANNOTATION.signature) === layer.annotations.get(ANNOTATION.signature))) return false
  const all = [...layers, layer]
  const configBytes = Buffer.from(JSON.stringify({ architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: all.map(({ digest }) => digest) } }))
  const config = describeBlob(MEDIA_TYPE.ociConfig, digestOf(configBytes), configBytes.byteLength)
  await pushBytes(registry, reference, { descriptor: layer, bytes: signature.payload }, signal)
  await pushBytes(registry, reference, { descriptor: config, bytes: configBytes }, signal)
  const bytes = formatManifest({ mediaType: MEDIA_TYPE.ociManifest, artifactType: undefined, config, layers: all, subject: undefined, annotations: found?.manifest.annotations ?? new Map() })
  if (found === undefined) await registry.pushManifest(reference, MEDIA_TYPE.ociManifest, bytes, signal)
  else await registry.replaceManifest(reference, { mediaType: MEDIA_TYPE.ociManifest, bytes, replaces: found.digest }, signal)
  return true
}

function describeSignature({ payload, signature, certificate, chain, receipt }: Signature): Descriptor {
  const texts = { signature: Buffer.from(signature).toString('base64'), certificate, chain, receipt }
  const annotations = Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [[ANNOTATION[name as keyof typeof texts], text] as const]))
  return { ...describeBlob(CLAIM_TYPE, digestOf(payload), payload.byteLength), annotations: new Map(annotations) }
}

async function fetchManifest(registry: Registry, reference: Reference, signal: AbortSignal): Promise<{ readonly digest: Digest; readonly manifest: Manifest } | undefined> {
  try {
    const descriptor = await registry.resolve(reference, signal)
    return { digest: descriptor.digest, manifest: parseManifest(await registry.fetchManifest(reference, descriptor, signal), descriptor.mediaType) }
  } catch (error) {
    if (error instanceof ImageNotFoundError) return undefined
    throw error
  }
}

async function pushBytes(registry: Registry, repository: Repository, { descriptor, bytes }: { readonly descriptor: Descriptor; readonly bytes: Uint8Array }, signal: AbortSignal): Promise<void> {
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  await registry.pushBlob(repository, { descriptor, mountFrom: undefined, open, onProgress: () => undefined }, signal)
}
