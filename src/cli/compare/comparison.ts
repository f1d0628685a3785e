import type { Digest } from '../../ground/digest.ts'
import type { Platform } from '../../ground/platform.ts'
import { compareImages, type ComparedImage, type PlatformDifference } from '../../image/difference/imageDifference.ts'
import type { FieldDifference } from '../../image/difference/jsonDifference.ts'
import type { CommandContext } from '../command.ts'
import { openImage } from '../images/openImage.ts'
import type { OpenedImage } from '../images/openedImage.ts'
import { readCompared } from './readCompared.ts'

/** Two images, platform by platform. */
export interface Comparison {
  readonly first: ComparisonSide
  readonly second: ComparisonSide
  /** In the order of the first. */
  readonly platforms: readonly PlatformComparison[]
}

export type ComparisonSide = Pick<OpenedImage, 'name' | 'from'> & { readonly digest: Digest }

export interface PlatformComparison {
  readonly platform: string
  /** Of the manifests; undefined where there is none. */
  readonly digests: readonly [first: Digest | undefined, second: Digest | undefined]
  /** `same-content`: the same layers and config, otherwise packed. */
  readonly result: 'same' | 'same-content' | 'different' | 'missing'
  /** Undefined where nothing differs but what follows from the packing. */
  readonly difference: PlatformDifference | undefined
}

/** Reads of the images what differs, each layer once. */
export async function compareNamed(names: readonly [string, string], wanted: readonly Platform[], context: CommandContext, signal: AbortSignal): Promise<Comparison> {
  await using first = await openImage(names[0], context, signal)
  await using second = await openImage(names[1], context, signal)
  const [a, b] = [await readCompared(first, wanted, signal), await readCompared(second, wanted, signal)]
  const differences = new Map((await compareImages(a, b, undefined, signal)).flatMap((difference) => (isPacking(difference) ? [] : [[difference.platform, withoutRepetition(difference)] as const])))
  const platforms = [...new Set([...a.views.keys(), ...b.views.keys()])].map((platform) => comparePlatform(platform, [a, b], differences.get(platform)))
  return { first: describe(first), second: describe(second), platforms }
}

/** Whether a container of the one is that of the other, on every platform. */
export function isSame({ platforms }: Comparison): boolean {
  return platforms.every(({ difference }) => difference === undefined)
}

/** Media types of layers follow from how they are packed. */
function isPacking({ missingIn, config, manifest, layers }: PlatformDifference): boolean {
  return missingIn === undefined && config.length + layers.length === 0 && manifest.every(isOfLayer)
}

/** Where layers differ, so do their media types and the lines of the history, which says no more. */
function withoutRepetition(difference: PlatformDifference): PlatformDifference {
  const { config, manifest, layers } = difference
  return { ...difference, manifest: manifest.filter((field) => !isOfLayer(field)), config: layers.length === 0 ? config : config.filter(({ field }) => !field.startsWith('history[')) }
}

function isOfLayer({ field }: FieldDifference): boolean {
  return field.startsWith('layers[')
}

function describe({ name, from, root }: OpenedImage): ComparisonSide {
  return { name, from, digest: root.digest }
}

function comparePlatform(platform: string, images: readonly [ComparedImage, ComparedImage], difference: PlatformDifference | undefined): PlatformComparison {
  const [first, second] = [images[0].views.get(platform)?.descriptor.digest, images[1].views.get(platform)?.descriptor.digest]
  return { platform, digests: [first, second], result: resultOf(first === second, difference), difference }
}

function resultOf(isEqual: boolean, difference: PlatformDifference | undefined): PlatformComparison['result'] {
  if (difference?.missingIn !== undefined) return 'missing'
  if (difference !== undefined) return 'different'
  return isEqual ? 'same' : 'same-content'
}
