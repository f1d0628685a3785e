import type { BuildHistoryRecord, BuildResultInfo, Descriptor as DescriptorMessage } from '../../api/gen/control_pb.ts'
import { BlobNotFoundError, type BlobReader } from '../../content/contentStore.ts'
import { parseDigest } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { isIndexType, isManifestType, MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { attestedDigest, PREDICATE_TYPE_ANNOTATION } from '../../image/index/attestation.ts'
import { readIndex, readManifest } from '../../image/imageView.ts'

/** What an engine keeps of a build beside its log: what it is made of and what is said of it. */
export interface BuildAttachment {
  readonly descriptor: Descriptor
  /** '' of what is for all. */
  readonly platform: string
  /** The type of what is said, else the media type. */
  readonly type: string
}

/** What is said of the result, as the record has it. */
export function recordedAttestations({ Result, Results, FrontendAttrs }: BuildHistoryRecord): readonly BuildAttachment[] {
  return [...attestationsOf(Result, FrontendAttrs['platform'] ?? ''), ...Object.entries(Results).flatMap(([platform, result]) => attestationsOf(result, platform))]
}

/** Those that the record names, then those of its image, as far as `blobs` has that; each digest once. @throws ImageInvalidError */
export async function readAttachments(record: BuildHistoryRecord, blobs: BlobReader, signal: AbortSignal): Promise<readonly BuildAttachment[]> {
  const found = [...recordedAttestations(record)]
  for (const image of imagesOf(record.Result)) found.push(...(await readImage(image, blobs, signal)))
  return [...new Map(found.map((attachment) => [attachment.descriptor.digest, attachment])).values()]
}

function attestationsOf(result: BuildResultInfo | undefined, platform: string): readonly BuildAttachment[] {
  return (result?.Attestations ?? []).map((message) => attachment(readDescriptor(message), platform))
}

function imagesOf(result: BuildResultInfo | undefined): readonly Descriptor[] {
  const images = Object.values(result?.Results ?? {})
  return (images.length > 0 ? images : [result?.ResultDeprecated ?? []].flat()).map(readDescriptor)
}

function attachment(descriptor: Descriptor, platform: string): BuildAttachment {
  return { descriptor, platform, type: descriptor.annotations.get(PREDICATE_TYPE_ANNOTATION) ?? descriptor.mediaType }
}

async function readImage(root: Descriptor, blobs: BlobReader, signal: AbortSignal): Promise<readonly BuildAttachment[]> {
  try {
    if (!isIndexType(root.mediaType)) return await readParts(root, root.platform === undefined ? '' : formatPlatform(root.platform), blobs, signal)
    const { manifests } = await readIndex(blobs, root, signal)
    const platforms = new Map<string, string>(manifests.flatMap(({ digest, platform }) => (platform === undefined ? [] : [[digest, formatPlatform(platform)]])))
    const found = [attachment(root, '')]
    for (const manifest of manifests) found.push(...(await readParts(manifest, platforms.get(attestedDigest(manifest) ?? manifest.digest) ?? '', blobs, signal)))
    return found
  } catch (error) {
    if (error instanceof BlobNotFoundError) return [] // what was pushed or removed need not be here
    throw error
  }
}

/** A manifest with its config, or with what it says of another. */
async function readParts(descriptor: Descriptor, platform: string, blobs: BlobReader, signal: AbortSignal): Promise<readonly BuildAttachment[]> {
  if (!isManifestType(descriptor.mediaType)) return []
  const { config, layers } = await readManifest(blobs, descriptor, signal)
  const said = layers.filter(({ mediaType }) => mediaType === MEDIA_TYPE.inToto)
  const isStatement = attestedDigest(descriptor) !== undefined
  return [attachment(descriptor, platform), ...(isStatement ? said : [config]).map((part) => attachment(part, platform))]
}

function readDescriptor({ mediaType, digest, size, annotations }: DescriptorMessage): Descriptor {
  return { ...describeBlob(mediaType, parseDigest(digest), Number(size)), annotations: new Map(Object.entries(annotations)) }
}
