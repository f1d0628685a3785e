import { InvalidValueError } from '../../ground/errors.ts'
import type { CacheManifestForm } from '../../image/buildcache/cacheManifest.ts'
import type { AttributeReader } from '../internal/attributeReader.ts'
import { readCompression } from '../internal/imageOptions.ts'
import type { PackCacheOptions } from './packCache.ts'

/** How a cache is made, wherever it goes. */
export interface CacheOptions extends PackCacheOptions {
  readonly form: CacheManifestForm
  readonly ignoresErrors: boolean
}

/** Attributes common to the caches that have a manifest. @throws InvalidValueError */
export function readCacheOptions(attributes: AttributeReader): CacheOptions {
  const mode = attributes.choice('mode', ['min', 'max'], 'min')
  const { compression, level } = readCompression(attributes)
  const isForced = attributes.flag('force-compression', false)
  const isOci = attributes.flag('oci-mediatypes', true)
  const isManifest = attributes.flag('image-manifest', isOci)
  if (isManifest && !isOci) throw new InvalidValueError("a cache that looks like an image cannot have Docker's media types", { hint: 'leave out image-manifest=true, or oci-mediatypes=false' })
  const ignoresErrors = attributes.flag('ignore-error', false)
  return { mode, pack: { compression, level, isForced, clampTimeSeconds: undefined }, form: { kind: isManifest ? 'manifest' : 'index', mediaTypes: isOci ? 'oci' : 'docker' }, ignoresErrors }
}
