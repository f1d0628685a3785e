import { BuildError, InvalidValueError } from '../../ground/errors.ts'
import type { Digest } from '../../ground/digest.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { formatFamiliar, formatRepository, type Reference } from '../../ground/reference.ts'
import { parseImageConfig } from '../../image/imageConfigJson.ts'
import { parseIndex, parseManifest } from '../../image/manifestJson.ts'
import type { Registry } from '../../registry/registry.ts'
import { ImageNotFoundError, TagMovedError } from '../../registry/registryError.ts'
import { missingPlatforms, type MergedEntry, type MergedImage, platformsOf, PlatformsMissingError } from './mergeParts.ts'

export interface Published {
  readonly reference: Reference
  /** What the tag named before; undefined where it is new. */
  readonly was: Digest | undefined
}

export interface Publication {
  readonly merged: MergedImage
  readonly tags: readonly Reference[]
  readonly allowsFewer: boolean
  readonly isDry: boolean
}

/**
 * Puts the index under each tag, once all of it is there and every tag was looked at; one that has it already is left
 * alone. A tag names the old image or the new one at any time.
 * @throws PlatformsMissingError; PartGoneError; TagMovedError; RegistryError
 */
export async function publishIndex(registry: Registry, { merged, tags, allowsFewer, isDry }: Publication, signal: AbortSignal): Promise<readonly Published[]> {
  const found: Published[] = []
  for (const reference of tags) found.push({ reference, was: await checkTag(registry, reference, { merged, allowsFewer }, signal) })
  for (const entry of merged.entries) assertSameRepository(entry, tags)
  for (const entry of merged.entries) await assertThere(registry, entry, signal)
  if (isDry) return found
  for (const place of found) await publishTo(registry, place, merged, signal)
  return found
}

/** What the tag names now. @throws PlatformsMissingError where it would lose platforms */
async function checkTag(registry: Registry, reference: Reference, { merged, allowsFewer }: Pick<Publication, 'merged' | 'allowsFewer'>, signal: AbortSignal): Promise<Digest | undefined> {
  const before = await readTag(registry, reference, signal)
  if (before === undefined) return undefined
  const lost = missingPlatforms(before.platforms, platformsOf(merged.entries.map(({ descriptor }) => descriptor)))
  if (lost.length > 0 && !allowsFewer) {
    throw new PlatformsMissingError(`${formatFamiliar(reference)} has ${lost.map(formatPlatform).join(', ')} now, and no part has`, { hint: 'add the missing parts, or publish without them with --allow-fewer-platforms' })
  }
  return before.digest
}

async function readTag(registry: Registry, reference: Reference, signal: AbortSignal): Promise<{ readonly digest: Digest; readonly platforms: readonly Platform[] } | undefined> {
  const root = await ifThere(() => registry.resolve(reference, signal))
  if (root === undefined) return undefined
  const bytes = await registry.fetchManifest(reference, root, signal)
  if (isIndexType(root.mediaType)) return { digest: root.digest, platforms: platformsOf(parseIndex(bytes, root.mediaType).manifests) }
  const { config } = parseManifest(bytes, root.mediaType)
  return { digest: root.digest, platforms: [parseImageConfig(await registry.fetchManifest(reference, config, signal)).platform] }
}

async function ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ImageNotFoundError) return undefined
    throw error
  }
}

function assertSameRepository({ from }: MergedEntry, tags: readonly Reference[]): void {
  const own = formatRepository({ ...from.part.repository, tag: undefined, digest: undefined })
  const other = tags.find((tag) => formatRepository(tag) !== own)
  if (other !== undefined) throw new InvalidValueError(`${from.name} is of ${own}, and ${formatFamiliar(other)} of another repository`, { hint: 'merge into the repository of the parts' })
}

async function assertThere(registry: Registry, { descriptor, from }: MergedEntry, signal: AbortSignal): Promise<void> {
  const reference: Reference = { ...from.part.repository, tag: undefined, digest: descriptor.digest }
  if ((await ifThere(() => registry.resolve(reference, signal))) === undefined) throw new PartGoneError(reference, descriptor.platform, from.name)
}

async function publishTo(registry: Registry, { reference, was }: Published, { root, bytes }: MergedImage, signal: AbortSignal): Promise<void> {
  if (was === root.digest) return
  const now = await ifThere(() => registry.resolve(reference, signal))
  if (now?.digest !== was) throw new TagMovedError(reference, was, now?.digest)
  await registry.pushManifest(reference, root.mediaType, bytes, signal)
}

/** A part names what its registry no longer has. */
export class PartGoneError extends BuildError {
  readonly kind = 'not-found'
  constructor(reference: Reference, platform: Platform | undefined, part: string) {
    super(`${part}: ${formatRepository(reference)} no longer has ${platform === undefined ? 'a manifest' : formatPlatform(platform)} (${reference.digest ?? ''})`, { hint: 'build that part again: registries remove what no tag names after a time' })
  }
}
