import { findChangedPackages, findUnevenPackages, type ChangedPackage, type UnevenPackage } from '../../audit/packages/comparePackages.ts'
import { invalidEpoch, parseEpochSeconds, SOURCE_DATE_EPOCH } from '../../ground/quantity/sourceDateEpoch.ts'
import { parsePlatform } from '../../ground/platform.ts'
import type { CommandContext } from '../command.ts'
import { openLayerNotice } from '../images/layerNotice.ts'
import { openImage } from '../images/openImage.ts'
import type { OpenedImage } from '../images/openedImage.ts'
import { parsePlatformFlags } from '../localPlatform.ts'
import { readImagePackages, readMatching, type LayerReads, type PlatformPackages } from './imagePackages.ts'
import type { SbomFlags } from './sbomFlags.ts'

/** All that `pelago sbom` knows of an image. */
export interface SbomReport {
  readonly name: string
  readonly from: OpenedImage['from']
  readonly platforms: readonly PlatformPackages[]
  /** Undefined of a single platform. */
  readonly uneven: readonly UnevenPackage[] | undefined
  readonly comparison: PackageComparison | undefined
}

export interface PackageComparison {
  readonly against: string
  /** For each platform of the report; undefined where the other image has nothing for it. */
  readonly changes: readonly (readonly ChangedPackage[] | undefined)[]
}

/** Reads every layer once. */
export async function readReport(name: string, flags: SbomFlags, context: CommandContext, signal: AbortSignal): Promise<SbomReport> {
  const wanted = parsePlatformFlags(flags.platform)
  const epochSeconds = readEpoch(context)
  using notice = openLayerNotice(context)
  const reads: LayerReads = { known: new Map(), onLayer: (layer) => notice.show(layer) }
  await using undo = new AsyncDisposableStack()
  const image = undo.use(await openImage(name, context, signal))
  const base = flags.base === undefined ? undefined : undo.use(await openImage(flags.base, context, signal))
  const platforms = await readImagePackages({ image, base, wanted, epochSeconds }, reads, signal)
  const comparison = flags.against === undefined ? undefined : await compareWith(flags.against, platforms, { context, reads }, signal)
  const uneven = platforms.length < 2 ? undefined : findUnevenPackages(new Map(platforms.map(({ platform, inventory }) => [platform, inventory.packages])))
  return { name: image.name, from: image.from, platforms, uneven, comparison }
}

interface Comparing {
  readonly context: CommandContext
  readonly reads: LayerReads
}

async function compareWith(against: string, platforms: readonly PlatformPackages[], { context, reads }: Comparing, signal: AbortSignal): Promise<PackageComparison> {
  await using other = await openImage(against, context, signal)
  const matching = await readMatching(other, platforms.map(({ platform }) => parsePlatform(platform)), reads, signal)
  return {
    against,
    changes: platforms.map(({ inventory }, index) => {
      const before = matching[index]
      return before === undefined ? undefined : findChangedPackages(before.inventory.packages, inventory.packages)
    }),
  }
}

/** @throws InvalidValueError */
function readEpoch({ env }: CommandContext): number | undefined {
  const text = env[SOURCE_DATE_EPOCH] ?? ''
  const seconds = text === '' ? undefined : parseEpochSeconds(text)
  if (text !== '' && seconds === undefined) throw invalidEpoch(SOURCE_DATE_EPOCH, text)
  return seconds
}
