import { decompress } from '../../archive/compression.ts'
import { auditPlatform, type PlatformAudit } from '../../audit/auditPlatform.ts'
import type { LayerFacts } from '../../audit/facts/layerFacts.ts'
import { readLayerFacts } from '../../audit/facts/readLayerFacts.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { isForeignLayer } from '../../ground/oci/mediaType.ts'
import type { Platform } from '../../ground/platform.ts'
import { layerSteps } from '../../image/layerSteps.ts'
import { imagePlatforms, type PlatformImage } from '../images/imagePlatforms.ts'
import type { OpenedImage } from '../images/openedImage.ts'
import { countBaseLayers, type BaseLayers } from './layerOrigins.ts'

export interface ImageAudit {
  readonly name: string
  readonly from: OpenedImage['from']
  /** Of the index, or of the one manifest. */
  readonly digest: Digest
  readonly platforms: readonly AuditedPlatform[]
}

export interface AuditedPlatform extends PlatformAudit {
  /** Of the manifest. */
  readonly digest: Digest
  readonly layers: readonly AuditedLayer[]
  readonly base: BaseLayers
}

export interface AuditedLayer {
  readonly digest: Digest
  /** The line of the history that made it; '' where it says nothing. */
  readonly step: string
}

export interface AuditRequest {
  readonly image: OpenedImage
  /** Undefined: as far as the image's own history tells. */
  readonly base: OpenedImage | undefined
  /** None: all platforms. */
  readonly wanted: readonly Platform[]
}

/** Reads each layer once, though several platforms have it. */
export async function auditOpened({ image, base, wanted }: AuditRequest, signal: AbortSignal): Promise<ImageAudit> {
  const known = new Map<Digest, LayerFacts | undefined>()
  const bases = base === undefined ? undefined : await imagePlatforms(base, [], signal)
  const platforms: AuditedPlatform[] = []
  for (const platform of await imagePlatforms(image, wanted, signal)) platforms.push(await auditOne(platform, { image, bases, known }, signal))
  return { name: image.name, from: image.from, digest: image.root.digest, platforms }
}

interface Reading {
  readonly image: OpenedImage
  readonly bases: readonly PlatformImage[] | undefined
  /** By the digest of the layer's blob. */
  readonly known: Map<Digest, LayerFacts | undefined>
}

async function auditOne({ platform, view }: PlatformImage, { image, bases, known }: Reading, signal: AbortSignal): Promise<AuditedPlatform> {
  const manifest = await view.manifest(signal)
  const config = await view.config(signal)
  for (const layer of manifest.layers) if (!known.has(layer.digest)) known.set(layer.digest, await readLayer(image, layer, signal))
  const steps = layerSteps(config)
  const base = await countBaseLayers({ platform, config, bases }, signal)
  const layers = manifest.layers.map(({ digest }, index) => ({ digest, step: steps[index] ?? '' }))
  return { ...auditPlatform({ platform, config, layers: manifest.layers.map(({ digest }) => known.get(digest)), baseLayers: base.count }), digest: view.descriptor.digest, layers, base }
}

/** Undefined for a layer that registries need not have, and that is not here. */
async function readLayer({ store }: OpenedImage, layer: Descriptor, signal: AbortSignal): Promise<LayerFacts | undefined> {
  if (isForeignLayer(layer.mediaType) && (await store.sizeBytes(layer.digest, signal)) === undefined) return undefined
  return await readLayerFacts(decompress(store.read(layer.digest, 0, signal), signal), signal)
}
