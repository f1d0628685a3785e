import type { Descriptor } from '../ground/oci/descriptor.ts'
import { isManifestType } from '../ground/oci/mediaType.ts'
import { choosePlatform, formatPlatform, type Platform } from '../ground/platform.ts'
import { RegistryError, WrongDigestHeaderError } from './registryError.ts'

/** Runs `work`, which resolves a tag and fetches what it names, a second time where the registry was found to tell wrong digests. */
export async function withTrueDigest<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof WrongDigestHeaderError)) throw error
    return await work()
  }
}

/**
 * Of an index's manifests the one that serves `wanted` best. Where none does, a lone image of which the index names no
 * platform is given to whoever asks, as a manifest without an index is. `subject` is what an error names.
 * @throws PlatformMissingError
 */
export function choosePlatformManifest(manifests: readonly Descriptor[], wanted: Platform, subject: string): Descriptor {
  const images = manifests.filter(isImage)
  const nameless = images.filter(({ platform, mediaType, artifactType }) => platform === undefined && artifactType === undefined && isManifestType(mediaType))
  const chosen = choosePlatform(images, wanted) ?? (nameless.length === 1 ? nameless[0] : undefined)
  if (chosen !== undefined) return chosen
  throw new PlatformMissingError(
    subject,
    wanted,
    images.flatMap(({ platform }) => platform ?? []),
  )
}

/** Not an attestation, which stands in the index beside the image it speaks of, with a platform that is none. */
export function isImage({ platform, annotations }: Descriptor): boolean {
  return platform?.architecture !== 'unknown' && !annotations.has('vnd.docker.reference.type')
}

/** The registry has the image, but not for this platform. */
export class PlatformMissingError extends RegistryError {
  readonly kind = 'not-found'
  readonly wanted: Platform
  readonly available: readonly Platform[]
  constructor(subject: string, wanted: Platform, available: readonly Platform[]) {
    const known = available.filter(({ architecture }) => architecture !== 'unknown')
    super(subject, `there is no image for ${formatPlatform(wanted)}`, { hint: platformHint(wanted, known) })
    this.wanted = wanted
    this.available = known
  }
}

function platformHint(wanted: Platform, available: readonly Platform[]): string {
  const names = [...new Set(available.map(formatPlatform))]
  if (names.length === 0) return `choose an image that has ${formatPlatform(wanted)}`
  const near = available.find(({ os, architecture }) => os === wanted.os && architecture === wanted.architecture)
  const advice = near === undefined ? `choose one of these, or an image that has ${formatPlatform(wanted)}` : `the nearest is ${formatPlatform(near)}`
  return `it has ${names.join(', ')}; ${advice}`
}
