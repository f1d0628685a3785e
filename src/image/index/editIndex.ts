import { BuildError } from '../../ground/errors.ts'
import { formatPlatform, isSamePlatform, type Platform } from '../../ground/platform.ts'
import { attestedDigest } from './attestation.ts'
import { platformNames, printablePlatform } from './filterPlatforms.ts'
import { withEntries, type IndexDocument, type IndexEntry } from './indexDocument.ts'

/*
 * Edits of single platforms. What is not meant stays as it was written: entries and their order, annotations, artifact
 * types, the subject. An image comes and goes together with the attestations that speak of it.
 */

/** The index is not what the edit takes it for; it says what there is. */
export class IndexEditRefusedError extends BuildError {
  readonly kind = 'conflict'
}

/** Puts images, with their attestations, behind the others. @throws IndexEditRefusedError where one's platform is there already, or comes twice */
export function addEntries(document: IndexDocument, added: readonly IndexEntry[]): IndexDocument {
  assertOnce(added)
  const there = added.filter(isImageEntry).find((entry) => imagesFor(document.entries, entry).length > 0)
  if (there !== undefined) {
    const name = platformName(there)
    const isSame = document.entries.some(({ descriptor }) => descriptor.digest === there.descriptor.digest)
    throw new IndexEditRefusedError(`the index has an image for ${name} already${isSame ? ', and it is this one' : ''}`, { hint: isSame ? 'there is nothing to do' : 'to put this one into its place, use replace-platform' })
  }
  return withEntries(document, [...document.entries, ...added])
}

/** Puts each image into the place of the one for its platform, and its attestations into that of the other's. @throws IndexEditRefusedError where there is none, or a platform comes twice */
export function replaceEntries(document: IndexDocument, replacements: readonly IndexEntry[]): IndexDocument {
  assertOnce(replacements)
  return replacements.filter(isImageEntry).reduce((edited, image) => replaceImage(edited, image, attestationsOf(replacements, [image])), document)
}

/** @throws IndexEditRefusedError where there is no image for one of `platforms`, or none would be left */
export function removePlatforms(document: IndexDocument, platforms: readonly Platform[]): IndexDocument {
  const images = platforms.flatMap((platform) => {
    const found = document.entries.filter((entry) => isImageEntry(entry) && isFor(entry, platform))
    if (found.length === 0) throw absent(document, formatPlatform(platform))
    return found
  })
  const removed = new Set([...images, ...attestationsOf(document.entries, images)])
  const left = document.entries.filter((entry) => !removed.has(entry))
  if (!left.some(isImageEntry)) throw new IndexEditRefusedError('no image would be left', { hint: 'keep at least one platform; a whole image is removed where it is: at its registry' })
  return withEntries(document, left)
}

/** The images for `platforms`, each there, or all where none is named; with their attestations. @throws IndexEditRefusedError */
export function selectPlatforms(entries: readonly IndexEntry[], platforms: readonly Platform[], subject: string): readonly IndexEntry[] {
  const images = entries.filter((entry) => isImageEntry(entry) && (platforms.length === 0 || platforms.some((platform) => isFor(entry, platform))))
  const missing = platforms.find((platform) => !images.some((entry) => isFor(entry, platform)))
  if (missing !== undefined || images.length === 0) {
    throw new IndexEditRefusedError(`${subject}: there is no image${missing === undefined ? '' : ` for ${formatPlatform(missing)}`}`, { hint: `it has ${platformNames(entries).join(', ')}` })
  }
  return [...images, ...attestationsOf(entries, images)]
}

function assertOnce(images: readonly IndexEntry[]): void {
  const twice = images.filter(isImageEntry).find((entry, index, all) => imagesFor(all.slice(0, index), entry).length > 0)
  if (twice !== undefined) throw new IndexEditRefusedError(`the sources have several images for ${platformName(twice)}`, { hint: 'leave out all but one' })
}

function replaceImage(document: IndexDocument, image: IndexEntry, attestations: readonly IndexEntry[]): IndexDocument {
  const { entries } = document
  const [first, ...others] = imagesFor(entries, image)
  if (first === undefined) throw absent(document, platformName(image))
  const old = attestationsOf(entries, [first, ...others])
  const gone = new Set([...others, ...old])
  const replaced = entries.flatMap((entry) => {
    if (entry === first) return [image]
    if (entry === old[0]) return attestations
    return gone.has(entry) ? [] : [entry]
  })
  return withEntries(document, old.length === 0 ? [...replaced, ...attestations] : replaced)
}

function imagesFor(entries: readonly IndexEntry[], { descriptor: { platform } }: IndexEntry): readonly IndexEntry[] {
  return platform === undefined ? [] : entries.filter((entry) => isImageEntry(entry) && isFor(entry, platform))
}

function attestationsOf(entries: readonly IndexEntry[], images: readonly IndexEntry[]): readonly IndexEntry[] {
  const digests = new Set<string>(images.map(({ descriptor }) => descriptor.digest))
  return entries.filter(({ descriptor }) => digests.has(attestedDigest(descriptor) ?? ''))
}

/** Not an attestation, and no other artifact without a platform. */
function isImageEntry({ descriptor }: IndexEntry): boolean {
  return descriptor.platform !== undefined && descriptor.platform.os !== 'unknown' && attestedDigest(descriptor) === undefined
}

/** Windows has an image for each of its versions: where both name one, they count. */
function isFor({ descriptor: { platform } }: IndexEntry, wanted: Platform): boolean {
  if (platform === undefined || !isSamePlatform(platform, wanted)) return false
  return platform.osVersion === wanted.osVersion || platform.osVersion === '' || wanted.osVersion === ''
}

function platformName({ descriptor: { platform } }: IndexEntry): string {
  return platform === undefined ? 'no platform' : printablePlatform(platform)
}

function absent({ entries }: IndexDocument, name: string): IndexEditRefusedError {
  return new IndexEditRefusedError(`the index has no image for ${name}`, { hint: `it has ${platformNames(entries).join(', ')}` })
}
