import { BuildError } from '../../ground/errors.ts'
import type { Digest } from '../../ground/digest.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { formatFamiliar, formatRepository, type Reference } from '../../ground/reference.ts'
import { parseImageConfig } from '../../image/imageConfigJson.ts'
import { parseIndex, parseManifest } from '../../image/manifestJson.ts'
import type { Registry } from '../../registry/registry.ts'
import { ImageNotFoundError, TagMovedError } from '../../registry/registryError.ts'
import type { CommandContext } from '../command.ts'
import { publishImage } from '../imagetools/publishImage.ts'
import { missingPlatforms, type MergedEntry, type MergedImage, platformsOf, PlatformsMissingError } from './mergeParts.ts'

/** A tag as it was found. */
interface Looked {
  readonly reference: Reference
  /** What it names; undefined where it is new. */
  readonly was: Digest | undefined
}

export interface Published extends Looked {
  /** What it names now. */
  readonly root: Descriptor
}

export interface Publication {
  readonly merged: MergedImage
  readonly tags: readonly Reference[]
  readonly allowsFewer: boolean
  readonly isDry: boolean
}

/**
 * Puts the index under each tag, once all of it is there and every tag was looked at; one that has it already is left
 * alone. What stands in other repositories is copied first. A tag names the old image or the new one at any time.
 * @throws PlatformsMissingError; PartGoneError; TagMovedError; RegistryError
 */
export async function publishIndex(registry: Registry, { merged, tags, allowsFewer, isDry }: Publication, context: CommandContext, signal: AbortSignal): Promise<readonly Published[]> {
  const found: Looked[] = []
  for (const reference of tags) found.push({ reference, was: await checkTag(registry, reference, { merged, allowsFewer }, signal) })
  for (const entry of merged.entries) await assertThere(registry, entry, signal)
  if (isDry) return found.map((place) => ({ ...place, root: merged.root }))
  const published: Published[] = []
  for (const places of Map.groupBy(found, ({ reference }) => formatRepository(reference)).values()) {
    const [first] = places
    if (first === undefined) continue
    const document = await bringTogether(registry, merged, first.reference, { context, signal })
    for (const place of places) published.push(await publishTo(registry, place, document, signal))
  }
  return published
}

/** The index, with all that it names in the repository of `target`: in another form where the registry does not take its own. */
async function bringTogether(registry: Registry, { root, bytes, entries }: MergedImage, target: Reference, { context, signal }: { readonly context: CommandContext; readonly signal: AbortSignal }): Promise<IndexDocument> {
  const repository = { host: target.host, repository: target.repository, tag: undefined, digest: undefined }
  const places = entries.map(({ descriptor, from }) => ({ repository: from.part.repository, descriptor }))
  if (places.every((place) => place.repository.host === target.host && place.repository.repository === target.repository)) return { root, bytes }
  const [published] = await publishImage(registry, { root, document: bytes, places, tags: [repository], replaces: undefined, progress: 'auto' }, context, signal)
  if (published === undefined || published.root.digest === root.digest) return { root, bytes }
  return { root: published.root, bytes: await registry.fetchManifest({ ...repository, digest: published.root.digest }, published.root, signal) }
}

type IndexDocument = Pick<MergedImage, 'root' | 'bytes'>

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

async function assertThere(registry: Registry, { descriptor, from }: MergedEntry, signal: AbortSignal): Promise<void> {
  const reference: Reference = { ...from.part.repository, tag: undefined, digest: descriptor.digest }
  if ((await ifThere(() => registry.resolve(reference, signal))) === undefined) throw new PartGoneError(reference, descriptor.platform, from.name)
}

async function publishTo(registry: Registry, { reference, was }: Looked, { root, bytes }: IndexDocument, signal: AbortSignal): Promise<Published> {
  if (was === root.digest) return { reference, was, root }
  const now = await ifThere(() => registry.resolve(reference, signal))
  if (now?.digest !== was) throw new TagMovedError(reference, was, now?.digest)
  await registry.pushManifest(reference, root.mediaType, bytes, signal)
  return { reference, was, root }
}

/** A part names what its registry no longer has. */
export class PartGoneError extends BuildError {
  readonly kind = 'not-found'
  constructor(reference: Reference, platform: Platform | undefined, part: string) {
    super(`${part}: ${formatRepository(reference)} no longer has ${platform === undefined ? 'a manifest' : formatPlatform(platform)} (${reference.digest ?? ''})`, { hint: 'build that part again: registries remove what no tag names after a time' })
  }
}
