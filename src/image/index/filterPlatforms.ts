import { formatPlatform, isSamePlatform, type Platform } from '../../ground/platform.ts'
import { attestedDigest } from './attestation.ts'
import type { IndexEntry } from './indexDocument.ts'

/** The entries for `platforms`, and what speaks of them; entries that name no platform stay, as with docker buildx. */
export function filterPlatforms(entries: readonly IndexEntry[], platforms: readonly Platform[]): readonly IndexEntry[] {
  const isWanted = ({ descriptor: { platform } }: IndexEntry): boolean => platform === undefined || platforms.some((wanted) => isSamePlatform(platform, wanted))
  const wanted = new Set(entries.filter(isWanted).map(({ descriptor }) => descriptor.digest as string))
  return entries.filter((entry) => isWanted(entry) || wanted.has(attestedDigest(entry.descriptor) ?? ''))
}

/** The platforms of the images among `entries`, in their order, each once. */
export function platformNames(entries: readonly IndexEntry[]): readonly string[] {
  const images = entries.filter(({ descriptor }) => attestedDigest(descriptor) === undefined)
  return [...new Set(images.flatMap(({ descriptor: { platform } }) => (platform === undefined || platform.os === 'unknown' ? [] : [printablePlatform(platform)])))]
}

/** What an index says is shown on a terminal: whatever is no name in it, escape sequences too, becomes a question mark. */
export function printablePlatform(platform: Platform): string {
  return formatPlatform(platform).replaceAll(/[^\x21-\x7e]/g, '?')
}

/** The platforms that several of the images are for. */
export function platformsTwice(entries: readonly IndexEntry[]): readonly string[] {
  const byName = Map.groupBy(entries, (entry) => platformNames([entry])[0] ?? '')
  return [...byName].flatMap(([name, those]) => (name !== '' && new Set(those.map(({ descriptor: { platform } }) => platform?.osVersion)).size < those.length ? [name] : []))
}
