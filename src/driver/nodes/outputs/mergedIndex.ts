import type { BlobReader } from '../../../content/contentStore.ts'
import { digestOf } from '../../../ground/digest.ts'
import { optionalString, parseJsonObject, stringMap } from '../../../ground/jsonValue.ts'
import { describeBlob, type Descriptor } from '../../../ground/oci/descriptor.ts'
import type { Manifest } from '../../../ground/oci/manifest.ts'
import { formatPlatform } from '../../../ground/platform.ts'
import { attestedDigest } from '../../../image/index/attestation.ts'
import { formatIndexDocument, parseIndexDocument, type IndexDocument } from '../../../image/index/indexDocument.ts'
import { joinIndexes } from '../../../image/index/joinIndexes.ts'
import { readManifest, readSmallBlob } from '../../../image/imageView.ts'
import { MAX_MANIFEST_BYTES } from '../../../image/manifestJson.ts'
import type { DoneBuild, MergedPlatform } from './splitOutput.ts'

/** The index of all platforms, with what it names. */
export interface MergedIndex {
  readonly root: Descriptor
  readonly bytes: Uint8Array
  readonly document: IndexDocument
  readonly platforms: readonly MergedPlatform[]
  /** Of the images and of their attestations, in the index's order. */
  readonly manifests: readonly { readonly descriptor: Descriptor; readonly manifest: Manifest }[]
}

/** The index of a part, and where what it names can be read. */
export interface PartIndex {
  readonly root: Descriptor
  readonly blobs: Pick<BlobReader, 'read'>
}

/** Reads the indexes and manifests of the parts, and joins them. The root has the annotations that the parts' roots were given. */
export async function mergeIndexes(parts: readonly PartIndex[], build: DoneBuild, signal: AbortSignal): Promise<MergedIndex> {
  const documents: IndexDocument[] = []
  const readers = new Map<string, PartIndex['blobs']>()
  for (const { root, blobs } of parts) {
    const document = parseIndexDocument(await readSmallBlob(blobs, root, MAX_MANIFEST_BYTES, signal), root.mediaType)
    for (const { descriptor } of document.entries) readers.set(descriptor.digest, blobs)
    documents.push(document)
  }
  const document = joinIndexes(documents, build.platforms)
  const manifests: { descriptor: Descriptor; manifest: Manifest }[] = []
  for (const { descriptor } of document.entries) {
    const blobs = readers.get(descriptor.digest)
    if (blobs !== undefined) manifests.push({ descriptor, manifest: await readManifest(blobs, descriptor, signal) })
  }
  const bytes = formatIndexDocument(document)
  const root = { ...describeBlob(document.mediaType, digestOf(bytes), bytes.byteLength), annotations: rootAnnotations(build) }
  return { root, bytes, document, manifests, platforms: manifests.filter(({ descriptor }) => attestedDigest(descriptor) === undefined).map(describePlatform) }
}

function describePlatform({ descriptor, manifest }: MergedIndex['manifests'][number]): MergedPlatform {
  const sizeBytes = manifest.layers.reduce((sum, layer) => sum + layer.sizeBytes, manifest.config.sizeBytes)
  return { platform: descriptor.platform === undefined ? '' : formatPlatform(descriptor.platform), digest: descriptor.digest, sizeBytes }
}

/** An engine tells them beside the index, of which they are no part. */
function rootAnnotations({ parts: [first] }: DoneBuild): ReadonlyMap<string, string> {
  const text = first?.response.get('containerimage.descriptor')
  if (text === undefined) return new Map()
  const descriptor = parseJsonObject(Buffer.from(text, 'base64').toString(), 'containerimage.descriptor')
  return optionalString(descriptor, 'digest') === undefined ? new Map() : stringMap(descriptor, 'annotations')
}
