import { formatPlatform, isSamePlatform, platformsServing, type Platform } from '../../ground/platform.ts'

/** A platform that images may be for, and what that is to another. */
export interface Candidate {
  readonly platform: string
  readonly why: string
}

/** Which images a platform takes, best first. */
export function explainOrder(wanted: Platform): readonly Candidate[] {
  return platformsServing(wanted).map((platform) => ({ platform: formatPlatform(platform), why: whyServes(platform, wanted) }))
}

function whyServes(platform: Platform, wanted: Platform): string {
  if (isSamePlatform(platform, wanted)) return 'the same'
  return platform.architecture === wanted.architecture ? 'a lower level of the same CPU' : '32-bit programs, which most such CPUs run'
}

/** One image of an index, or an image that is in none. */
export interface OfferedImage {
  readonly digest: string
  /** Undefined where the index names none. */
  readonly platform: Platform | undefined
}

/** What becomes of an image where a platform is wanted. */
export interface JudgedImage {
  readonly digest: string
  readonly platform: string
  readonly isChosen: boolean
  readonly why: string
}

/** Those that would do, best first, then the others in the order of the index. */
export function judgeImages(images: readonly OfferedImage[], wanted: Platform): readonly JudgedImage[] {
  const serving = platformsServing(wanted)
  const rank = ({ platform }: OfferedImage): number => (platform === undefined ? -1 : serving.findIndex((one) => isSamePlatform(one, platform)))
  const fits = images.filter((image) => rank(image) >= 0).toSorted((a, b) => rank(a) - rank(b))
  const chosen = fits[0] ?? loneNameless(images)
  const judge = (image: OfferedImage): JudgedImage => ({
    digest: image.digest,
    platform: image.platform === undefined ? 'not named' : formatPlatform(image.platform),
    isChosen: image === chosen,
    why: image === chosen ? whyChosen(image, wanted) : whyNot(image, chosen, wanted),
  })
  return [...fits, ...images.filter((image) => rank(image) < 0)].map(judge)
}

function loneNameless(images: readonly OfferedImage[]): OfferedImage | undefined {
  const nameless = images.filter(({ platform }) => platform === undefined)
  return nameless.length === 1 ? nameless[0] : undefined
}

function whyChosen({ platform }: OfferedImage, wanted: Platform): string {
  if (platform === undefined) return 'the only image of which the index names no platform'
  return isSamePlatform(platform, wanted) ? 'the same' : `the best there is: ${whyServes(platform, wanted)}`
}

function whyNot({ platform }: OfferedImage, chosen: OfferedImage | undefined, wanted: Platform): string {
  if (platform === undefined) return 'the index does not name its platform'
  if (platform.os !== wanted.os) return `for another operating system, ${platform.os}`
  if (chosen?.platform !== undefined && isSamePlatform(platform, chosen.platform)) return 'stands behind an equal one in the index'
  if (platformsServing(wanted).some((one) => isSamePlatform(one, platform))) return 'would do, but is a lesser match'
  if (platform.architecture === wanted.architecture) return platform.variant === '' ? 'of another variant' : `needs a newer CPU: ${platform.variant}`
  if (isFamily(platform, wanted)) return '64-bit programs need a 64-bit CPU'
  return 'for another architecture'
}

function isFamily(image: Platform, wanted: Platform): boolean {
  return platformsServing(image).some(({ architecture }) => architecture === wanted.architecture)
}

/** Of what there is, what comes nearest to `wanted`, nearest first; of what runs another CPU altogether nothing. */
export function nearestPlatforms(offered: readonly Platform[], wanted: Platform): readonly string[] {
  const near = offered.filter((platform) => platform.os === wanted.os && (platform.architecture === wanted.architecture || isFamily(platform, wanted)))
  const distance = (platform: Platform): number => (platform.architecture === wanted.architecture ? 0 : 100) + Number.parseFloat(platform.variant.slice(1) || '0')
  return [...new Set(near.toSorted((a, b) => distance(a) - distance(b)).map(formatPlatform))]
}
