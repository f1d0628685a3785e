import type { ContentStore } from '../../content/contentStore.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import type { HistoryEntry, ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Index, Manifest } from '../../ground/oci/manifest.ts'
import { compressionOf, layerMediaType, MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatEpochTime } from '../../ground/quantity/sourceDateEpoch.ts'
import { formatImageConfig } from '../../image/imageConfigJson.ts'
import { formatIndex, formatManifest } from '../../image/manifestJson.ts'
import type { LayerBlob } from '../../snapshot/snapshotStore.ts'
import { takeAttestations } from '../attestation/attestation.ts'
import { writeAttestations, type AttestationManifest } from '../attestation/attestationManifest.ts'
import { annotationsFor, assertAnnotationsFit } from './annotations.ts'
import type { ExportedImage, PlatformResult } from '../exporter.ts'
import { createImageDocuments, type ImageDocuments } from './imageDocuments.ts'
import type { ImageName, ImageOptions } from './imageOptions.ts'

/** A platform's result with its layers, lowest first. */
export interface PackedPlatform {
  readonly result: PlatformResult
  readonly layers: readonly LayerBlob[]
}

export interface PackedImage {
  /** Never empty. */
  readonly platforms: readonly PackedPlatform[]
  /** Whether there is to be an index even of one platform. */
  readonly isMultiPlatform: boolean
}

export interface WriteOptions extends Pick<ImageOptions, 'mediaTypes' | 'annotations' | 'epochSeconds' | 'attestationStyle' | 'takesInlineOnly'> {
  readonly names: readonly ImageName[]
}

/**
 * Makes configs, manifests, those of attestations, and, where there are several or the client asked for it, the index,
 * and puts them into `content`, in no order: it has all of them afterwards. Equal input gives equal bytes.
 * @throws InvalidValueError where annotations do not fit the image
 */
export async function writeImage(image: PackedImage, given: WriteOptions, content: ContentStore, signal: AbortSignal): Promise<ExportedImage> {
  const { platforms } = image
  const isAttested = platforms.some(({ result }) => takeAttestations(result.attestations, given.takesInlineOnly).length > 0)
  const hasIndex = image.isMultiPlatform || platforms.length > 1 || isAttested
  // Docker's media types have no place for a statement
  const options: WriteOptions = isAttested ? { ...given, mediaTypes: 'oci' } : given
  assertAnnotationsFit(options.annotations, platforms.map(({ result }) => result.platform), hasIndex)
  const documents = createImageDocuments()
  const manifests: ExportedImage['manifests'][number][] = []
  const attested: AttestedPlatform[] = []
  for (const packed of platforms) {
    const manifest = describePlatform(packed, options, documents)
    manifests.push(manifest)
    attested.push({ packed, descriptor: manifest.descriptor })
  }
  const attestations = await attest(attested, options, content, signal)
  const [first] = manifests
  if (first === undefined) throw new Error('a build result without platforms')
  if (!hasIndex) {
    await documents.store(content, signal)
    return { root: withCreated(first.descriptor, options), manifests, attestations }
  }
  const index: Index = {
    mediaType: options.mediaTypes === 'oci' ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.dockerIndex,
    artifactType: undefined,
    manifests: [...manifests, ...attestations].map(({ descriptor }) => descriptor),
    subject: undefined,
    annotations: annotationsFor(options.annotations, 'index', undefined),
  }
  const root = documents.add(index.mediaType, formatIndex(index))
  await documents.store(content, signal)
  return { root: withCreated({ ...root, annotations: annotationsFor(options.annotations, 'index-descriptor', undefined) }, options), manifests, attestations }
}

interface AttestedPlatform {
  readonly packed: PackedPlatform
  /** Of its manifest. */
  readonly descriptor: Descriptor
}

async function attest(platforms: readonly AttestedPlatform[], options: WriteOptions, content: ContentStore, signal: AbortSignal): Promise<readonly AttestationManifest[]> {
  const written: AttestationManifest[] = []
  const names = options.names.map(({ reference }) => reference)
  for (const { packed: { result, layers }, descriptor: manifest } of platforms) {
    const attestations = takeAttestations(result.attestations, options.takesInlineOnly)
    if (attestations.length === 0) continue
    const attested = { platform: result.platform, descriptor: manifest, layers: layers.map(({ descriptor }) => describeLayer(descriptor, options.mediaTypes)), names }
    written.push(await writeAttestations(attestations, attested, { style: options.attestationStyle, content }, signal))
  }
  return written
}

/** As BuildKit does, what names the image elsewhere, such as the `index.json` of a layout, says when it was made; not by the wall clock. */
function withCreated(descriptor: Descriptor, { epochSeconds }: WriteOptions): Descriptor {
  if (epochSeconds === undefined || descriptor.annotations.has(CREATED_ANNOTATION)) return descriptor
  return { ...descriptor, annotations: new Map([...descriptor.annotations, [CREATED_ANNOTATION, formatEpochTime(epochSeconds)]]) }
}

const CREATED_ANNOTATION = 'org.opencontainers.image.created'

function describePlatform({ result, layers }: PackedPlatform, options: WriteOptions, documents: ImageDocuments): ExportedImage['manifests'][number] {
  const isOci = options.mediaTypes === 'oci'
  const bytes = formatImageConfig(patchConfig(result.config, layers, options.epochSeconds))
  const config = documents.add(isOci ? MEDIA_TYPE.ociConfig : MEDIA_TYPE.dockerConfig, bytes)
  const manifest: Manifest = {
    mediaType: isOci ? MEDIA_TYPE.ociManifest : MEDIA_TYPE.dockerManifest,
    artifactType: undefined,
    config,
    layers: layers.map(({ descriptor }) => describeLayer(descriptor, options.mediaTypes)),
    subject: undefined,
    annotations: annotationsFor(options.annotations, 'manifest', result.platform),
  }
  const descriptor = documents.add(manifest.mediaType, formatManifest(manifest))
  const annotations = annotationsFor(options.annotations, 'manifest-descriptor', result.platform)
  return { platform: result.platform, descriptor: { ...descriptor, platform: result.platform, annotations }, config }
}

/** In the style of the image; a layer of no known kind (a foreign one) stays what it is. */
function describeLayer(descriptor: Descriptor, style: 'oci' | 'docker'): Descriptor {
  const compression = /foreign|nondistributable/.test(descriptor.mediaType) ? undefined : compressionOf(descriptor.mediaType)
  const mediaType = compression === undefined ? descriptor.mediaType : layerMediaType(compression, style)
  return { ...describeBlob(mediaType, descriptor.digest, descriptor.sizeBytes), annotations: style === 'oci' ? descriptor.annotations : new Map() }
}

/** The config as it goes out: with the layers it has come to, and a history that tells of exactly these. */
export function patchConfig(config: ImageConfig, layers: readonly LayerBlob[], epochSeconds: number | undefined): ImageConfig {
  const epoch = epochSeconds === undefined ? undefined : formatEpochTime(epochSeconds)
  const matched = matchLayers(config.history, layers.length).map((entry) => ({ ...entry, created: entry.created ?? epoch }))
  const history = fillTimes(matched).map((entry) => ({ ...entry, created: clampTime(entry.created, epoch) }))
  const created = clampTime(config.created, epoch) ?? history.findLast((entry) => entry.created !== undefined)?.created
  return { ...config, created, history, diffIds: layers.map(({ diffId }) => diffId) }
}

/** As BuildKit does: entries too many stand for no layer, layers too many get an entry. */
function matchLayers(history: readonly HistoryEntry[], layerCount: number): readonly HistoryEntry[] {
  let told = 0
  const matched = history.map((entry) => {
    const isEmpty = entry.emptyLayer || told === layerCount
    if (!isEmpty) told += 1
    return { ...entry, emptyLayer: isEmpty }
  })
  return [...matched, ...Array.from({ length: layerCount - told }, () => UNTOLD)]
}

/** Tools look for BuildKit's own mark of such an entry. */
const UNTOLD: HistoryEntry = { created: undefined, createdBy: 'created by buildkit', author: undefined, comment: 'buildkit.exporter.image.v0', emptyLayer: false }

/** An entry without a time takes that of the one before it, the first ones that of the first that has one. */
function fillTimes(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  let last = history.find(({ created }) => created !== undefined)?.created
  return history.map((entry) => {
    last = entry.created ?? last
    return { ...entry, created: last }
  })
}

function clampTime(time: string | undefined, epoch: string | undefined): string | undefined {
  return time !== undefined && epoch !== undefined && Date.parse(time) > Date.parse(epoch) ? epoch : time
}

/** Blobs of the image, each once: configs, layers and attestations, but not manifests. */
export function imageBlobs(image: ExportedImage, { platforms }: PackedImage): readonly Pick<LayerBlob, 'descriptor' | 'repository'>[] {
  const written = [...image.manifests.map(({ config }) => config), ...image.attestations.flatMap(({ blobs }) => blobs)].map((descriptor) => ({ descriptor, repository: undefined }))
  const layers = platforms.flatMap((platform) => platform.layers)
  return [...new Map([...written, ...layers].map((blob) => [blob.descriptor.digest, blob])).values()]
}

