import { isSamePlatform, type Platform } from '../../ground/platform.ts'
import { attestedDigest } from './attestation.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { withEntries, type IndexDocument, type IndexEntry } from './indexDocument.ts'

/**
 * One index of several that were made of one build, with other platforms each: the index that a build of all `platforms`
 * would have made, byte for byte where their images are the same. Images stand in the order of `platforms`, then
 * attestations in that of their images. What the indexes say of themselves is the same in all. `documents` is not empty.
 */
export function joinIndexes(documents: readonly IndexDocument[], platforms: readonly Platform[]): IndexDocument {
  const entries = documents.flatMap((document) => document.entries)
  const images = entries.filter(({ descriptor }) => attestedDigest(descriptor) === undefined).toSorted((a, b) => placeOf(a, platforms) - placeOf(b, platforms))
  const placeOfImage = new Map<string, number>(images.map(({ descriptor }, index) => [descriptor.digest, index]))
  const attestations = entries
    .filter(({ descriptor }) => attestedDigest(descriptor) !== undefined)
    .toSorted((a, b) => attestedPlace(a, placeOfImage) - attestedPlace(b, placeOfImage))
  const base = documents.find(({ mediaType }) => mediaType !== MEDIA_TYPE.dockerIndex) ?? documents[0]
  if (base === undefined) throw new TypeError('there is no index to join')
  return withEntries(base, [...images, ...attestations])
}

function placeOf({ descriptor: { platform } }: IndexEntry, platforms: readonly Platform[]): number {
  const place = platform === undefined ? -1 : platforms.findIndex((wanted) => isSamePlatform(wanted, platform))
  return place < 0 ? platforms.length : place
}

function attestedPlace({ descriptor }: IndexEntry, placeOfImage: ReadonlyMap<string, number>): number {
  return placeOfImage.get(attestedDigest(descriptor) ?? '') ?? placeOfImage.size
}
