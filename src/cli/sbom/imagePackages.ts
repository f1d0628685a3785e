import { decompress } from '../../archive/compression.ts'
import { takeInventory, type PackageInventory } from '../../audit/packages/packageInventory.ts'
import { readLayerEvidence, type LayerEvidence } from '../../audit/packages/readLayerEvidence.ts'
import type { SbomSubject } from '../../audit/spdx/describeImage.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { isForeignLayer } from '../../ground/oci/mediaType.ts'
import { parseEpochSeconds } from '../../ground/quantity/sourceDateEpoch.ts'
import { choosePlatform, formatPlatform, type Platform } from '../../ground/platform.ts'
import { layerSteps } from '../../image/layerSteps.ts'
import { countBaseLayers } from '../audit/layerOrigins.ts'
import { imagePlatforms, type PlatformImage } from '../images/imagePlatforms.ts'
import type { OpenedImage } from '../images/openedImage.ts'

/** One platform's image, and what is in it. */
export interface PlatformPackages {
  /** `linux/arm64` */
  readonly platform: string
  readonly digest: Digest
  readonly subject: SbomSubject
  readonly inventory: PackageInventory
}

export interface PackagesRequest {
  readonly image: OpenedImage
  /** Undefined: as far as the image's own history tells. */
  readonly base: OpenedImage | undefined
  /** None: all that there are. */
  readonly wanted: readonly Platform[]
  /** What SOURCE_DATE_EPOCH says. */
  readonly epochSeconds: number | undefined
}

/** Each layer is read once, though several platforms and images have it. */
export interface LayerReads {
  readonly known: Map<Digest, LayerEvidence | undefined>
  readonly onLayer: (layer: Descriptor) => void
}

/** @throws PlatformMissingError; ImageInvalidError; TarInvalidError; BaseMismatchError */
export async function readImagePackages({ image, base, wanted, epochSeconds }: PackagesRequest, reads: LayerReads, signal: AbortSignal): Promise<readonly PlatformPackages[]> {
  const bases = base === undefined ? undefined : await imagePlatforms(base, [], signal)
  const found: PlatformPackages[] = []
  for (const one of await imagePlatforms(image, wanted, signal)) found.push(await readPlatform(one, { image, bases, epochSeconds, reads }, signal))
  return found
}

/** For each of `wanted` what `image` has for it; undefined where it has nothing. */
export async function readMatching(image: OpenedImage, wanted: readonly Platform[], reads: LayerReads, signal: AbortSignal): Promise<readonly (PlatformPackages | undefined)[]> {
  const there = await imagePlatforms(image, [], signal)
  const found: (PlatformPackages | undefined)[] = []
  for (const platform of wanted) {
    const match = choosePlatform(there, platform)
    found.push(match === undefined ? undefined : await readPlatform(match, { image, bases: undefined, epochSeconds: undefined, reads }, signal))
  }
  return found
}

interface Reading {
  readonly image: OpenedImage
  readonly bases: readonly PlatformImage[] | undefined
  readonly epochSeconds: number | undefined
  readonly reads: LayerReads
}

async function readPlatform({ platform, view }: PlatformImage, { image, bases, epochSeconds, reads }: Reading, signal: AbortSignal): Promise<PlatformPackages> {
  const [manifest, config] = [await view.manifest(signal), await view.config(signal)]
  const base = await countBaseLayers({ platform, config, bases }, signal)
  const layers: (LayerEvidence | undefined)[] = []
  for (const layer of manifest.layers) layers.push(await readLayer(image, layer, reads, signal))
  const { digest } = view.descriptor
  const steps = layerSteps(config)
  const subject = { name: image.name, platform: formatPlatform(platform), digest, steps: manifest.layers.map((_, index) => steps[index] ?? ''), baseLayers: base.count, createdSeconds: epochSeconds ?? secondsOf(config.created) }
  return { platform: subject.platform, digest, subject, inventory: takeInventory(layers) }
}

/** Of an image without a time, the beginning of time: never when it was looked at. */
function secondsOf(created: string | undefined): number {
  return parseEpochSeconds(String(Math.floor(Date.parse(created ?? '') / 1000))) ?? 0
}

/** Undefined for a layer that registries need not have, and that is not here. */
async function readLayer({ store }: OpenedImage, layer: Descriptor, { known, onLayer }: LayerReads, signal: AbortSignal): Promise<LayerEvidence | undefined> {
  if (known.has(layer.digest)) return known.get(layer.digest)
  onLayer(layer)
  const isAbsent = isForeignLayer(layer.mediaType) && (await store.sizeBytes(layer.digest, signal)) === undefined
  const evidence = isAbsent ? undefined : await readLayerEvidence(decompress(store.read(layer.digest, 0, signal), signal), signal)
  known.set(layer.digest, evidence)
  return evidence
}
