import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import type { CacheRequest } from '../engine.ts'

/** Each once: BuildKit's clients name the caches to import in two places. */
export function distinctCaches(requests: readonly CacheRequest[]): readonly CacheRequest[] {
  return [...new Map(requests.map((request) => [formatCanonicalJson([request.type, Object.fromEntries(request.attributes)]), request])).values()]
}
