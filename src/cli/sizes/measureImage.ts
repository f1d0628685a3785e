import type { Digest } from '../../ground/digest.ts'
import { choosePlatform, formatPlatform, type Platform } from '../../ground/platform.ts'
import { measureGrowth, type Growth } from '../../audit/sizes/growth.ts'
import { readImageSizes, type LayerReads, type PlatformSizes } from '../../audit/sizes/imageSizes.ts'
import type { LayerFiles } from '../../audit/sizes/layerFiles.ts'
import { comparePlatforms, type PlatformSpread } from '../../audit/sizes/platformSpread.ts'
import { findSavings, type Saving } from '../../audit/sizes/savings.ts'
import type { CommandContext } from '../command.ts'
import { imagePlatforms, type PlatformImage } from '../images/imagePlatforms.ts'
import { openLayerNotice } from '../images/layerNotice.ts'
import { openImage } from '../images/openImage.ts'
import type { OpenedImage } from '../images/openedImage.ts'

export interface SizesRequest {
  readonly name: string
  /** None: all that there are. */
  readonly platforms: readonly Platform[]
  readonly against: string | undefined
}

/** All that `pelago sizes` knows of an image. */
export interface SizesReport {
  readonly name: string
  readonly from: OpenedImage['from']
  readonly digest: Digest
  readonly platforms: readonly MeasuredPlatform[]
  /** Undefined of a single platform. */
  readonly spread: PlatformSpread | undefined
  readonly older: string | undefined
}

export interface MeasuredPlatform extends PlatformSizes {
  readonly savings: readonly Saving[]
  /** Undefined where there is nothing to compare with. */
  readonly growth: (Growth & { readonly compressedBytesBefore: number }) | undefined
}

/** Reads every layer of the platforms once. */
export async function measureImage({ name, platforms, against }: SizesRequest, context: CommandContext, signal: AbortSignal): Promise<SizesReport> {
  using notice = openLayerNotice(context)
  const reads: LayerReads = { known: new Map<Digest, LayerFiles>(), onLayer: (layer) => notice.show(layer) }
  await using image = await openImage(name, context, signal)
  const wanted = await imagePlatforms(image, platforms, signal)
  const older = against === undefined ? [] : await readOlder(against, wanted, { context, reads }, signal)
  const measured: MeasuredPlatform[] = []
  for (const [index, one] of wanted.entries()) {
    const sizes = await readImageSizes(image.store, toSized(one), reads, signal)
    const before = older[index]
    const growth = before === undefined ? undefined : { ...measureGrowth(before.image, sizes.image), compressedBytesBefore: before.compressedBytes }
    measured.push({ ...sizes, savings: findSavings(sizes.image), growth })
  }
  return { name: image.name, from: image.from, digest: image.root.digest, platforms: measured, spread: measured.length < 2 ? undefined : comparePlatforms(measured), older: against }
}

function toSized({ platform, view }: PlatformImage): Parameters<typeof readImageSizes>[1] {
  return { platform: formatPlatform(platform), architecture: platform.architecture, view }
}

interface Reading {
  readonly context: CommandContext
  readonly reads: LayerReads
}

/** For each of `wanted` what the older image has for it; undefined where it has nothing. */
async function readOlder(name: string, wanted: readonly PlatformImage[], { context, reads }: Reading, signal: AbortSignal): Promise<readonly (PlatformSizes | undefined)[]> {
  await using image = await openImage(name, context, signal)
  const there = await imagePlatforms(image, [], signal)
  const found: (PlatformSizes | undefined)[] = []
  for (const { platform } of wanted) {
    const match = choosePlatform(there, platform)
    found.push(match === undefined ? undefined : await readImageSizes(image.store, toSized(match), reads, signal))
  }
  return found
}
