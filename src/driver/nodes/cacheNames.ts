import { DEFAULT_CACHE_TAG } from '../../exporter/cache/clientStore.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseGoBoolean } from '../../ground/goBoolean.ts'
import { formatPlatform, KNOWN_OS, type Platform } from '../../ground/platform.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import type { CacheRequest } from '../driver.ts'

/** This client's own attribute of a cache: `false` leaves its name as it is written. */
export const PER_PLATFORM = 'per-platform'

/**
 * The caches of one of several machines that build an image together: each has a name of its own, with its platforms
 * behind it, so that none writes over what another has written: a tag, in a registry or a folder, GitHub's scope, a name in a bucket.
 */
export function ownCaches(caches: readonly CacheRequest[], platforms: readonly Platform[]): readonly CacheRequest[] {
  return caches.map((cache) => withSuffix(cache, suffixOf(platforms)))
}

/** Where to look, nearest first: in what a machine with `platforms` has written, in what those with `others` have, and in what is written under the name itself. */
export function sharedCaches(caches: readonly CacheRequest[], platforms: readonly Platform[], others: readonly (readonly Platform[])[]): readonly CacheRequest[] {
  const suffixes = [...new Set([platforms, ...others].map(suffixOf)), '']
  const all = suffixes.flatMap((suffix) => caches.map((cache) => withSuffix(cache, suffix)))
  return [...new Map(all.map((cache) => [JSON.stringify([cache.type, [...cache.attributes]]), cache])).values()]
}

function suffixOf(platforms: readonly Platform[]): string {
  return platforms.map((platform) => `-${formatPlatform(platform).replaceAll('/', '-')}`).sort().join('')
}

/** @throws InvalidValueError where it is neither true nor false */
function isPerPlatform(attributes: ReadonlyMap<string, string>): boolean {
  const text = attributes.get(PER_PLATFORM) ?? 'true'
  const value = parseGoBoolean(text)
  if (value === undefined) throw new InvalidValueError(`invalid ${PER_PLATFORM} of a cache: ${JSON.stringify(text)}`, { hint: 'write true or false' })
  return value
}

function withSuffix({ type, attributes: given }: CacheRequest, suffix: string): CacheRequest {
  const attributes = new Map([...given].filter(([key]) => key !== PER_PLATFORM))
  if (!isPerPlatform(given) || suffix === '') return { type, attributes }
  const rename = (key: string, fallback: string | undefined, change: (name: string) => string): CacheRequest => {
    const name = attributes.get(key) ?? fallback
    return { type, attributes: name === undefined || name === '' ? attributes : new Map([...attributes, [key, change(name)]]) }
  }
  switch (type) {
    case 'registry':
      return rename('ref', undefined, (ref) => withTagSuffix(ref, suffix))
    case 'gha':
      return rename('scope', BUILDKIT_NAME, (scope) => `${scope}${suffix}`)
    case 's3':
    case 'azblob':
      return rename('name', BUILDKIT_NAME, (names) => names.split(';').map((name) => `${name}${suffix}`).join(';'))
    case 'local':
      return attributes.has('digest') ? { type, attributes } : rename('tag', DEFAULT_CACHE_TAG, (tag) => `${tag}${suffix}`)
    default:
      return { type, attributes } // inline is in the image itself
  }
}

/** Whether `name` is what one of several machines calls the cache `tag`. */
export function isOwnName(name: string, tag: string): boolean {
  return name.startsWith(`${tag}-`) && KNOWN_OS.has(name.slice(tag.length + 1).split('-')[0] ?? '')
}

/** What such a cache is called where nobody names it. */
const BUILDKIT_NAME = 'buildkit'

/** A cache that is named by digest is that one. */
function withTagSuffix(ref: string, suffix: string): string {
  const reference = parseReference(ref)
  return reference.digest === undefined ? formatReference({ ...reference, tag: `${reference.tag ?? 'latest'}${suffix}` }) : ref
}
