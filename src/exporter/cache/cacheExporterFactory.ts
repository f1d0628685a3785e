import { formatCanonicalJson } from '../../ground/canonicalJson.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { ExporterDeps } from '../exporterDeps.ts'
import { createAttributeReader } from '../internal/attributeReader.ts'
import type { CacheExporter } from './cacheExporter.ts'
import { createFolderCacheExporter } from './folderCacheExporter.ts'
import { createPlaceCacheExporter } from './placeCacheExporter.ts'
import { createRegistryCacheExporter } from './registryCacheExporter.ts'

/** A cache export as a solve asks for it. */
export interface CacheExportRequest {
  /** BuildKit's names: `registry`, `inline` */
  readonly type: string
  readonly attributes: ReadonlyMap<string, string>
}

/** Those that do not go with the image. Reads all attributes, so that a mistake is told before the build begins. @throws InvalidValueError, also where two are the same */
export function createCacheExporters(requests: readonly CacheExportRequest[], deps: ExporterDeps): readonly CacheExporter[] {
  const seen = new Set<string>()
  return requests.flatMap((request) => {
    const name = formatCanonicalJson([request.type, Object.fromEntries(request.attributes)])
    if (seen.has(name)) throw new InvalidValueError(`duplicate cache export: type=${request.type}${formatAttributes(request.attributes)}`, { hint: 'name each once' })
    seen.add(name)
    if (request.type !== 'inline') return [createCacheExporter(request, deps)]
    checkInline(request)
    return []
  })
}

/** It goes with the image. @throws InvalidValueError */
function checkInline({ attributes }: CacheExportRequest): void {
  const reader = createAttributeReader('inline cache', attributes)
  reader.choice('mode', ['min'], 'min')
  reader.flag('ignore-error', false)
  reader.finish()
}

function createCacheExporter({ type, attributes }: CacheExportRequest, deps: ExporterDeps): CacheExporter {
  switch (type) {
    case 'registry':
      return createRegistryCacheExporter(deps, attributes)
    case 'local':
      return createFolderCacheExporter(deps, attributes)
    case 'gha':
    case 's3':
      return createPlaceCacheExporter(deps, type, attributes)
    default:
      throw new InvalidValueError(`unknown cache exporter: ${JSON.stringify(type)}`, { hint: 'use type=registry, local, inline, gha or s3' })
  }
}

/** Without what may be secret. */
function formatAttributes(attributes: ReadonlyMap<string, string>): string {
  return ['ref', 'dest', 'scope', 'bucket', 'name'].flatMap((key) => (attributes.has(key) ? [`,${key}=${attributes.get(key)}`] : [])).join('')
}
