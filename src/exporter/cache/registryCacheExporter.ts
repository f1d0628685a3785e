import { putBytes } from '../../content/contentStore.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseReference, type Reference } from '../../ground/reference.ts'
import type { LayerBlob } from '../../snapshot/snapshotStore.ts'
import type { ExporterDeps } from '../exporterDeps.ts'
import { createAttributeReader } from '../internal/attributeReader.ts'
import { otherRepository } from '../internal/imagePush.ts'
import type { CacheExporter } from './cacheExporter.ts'
import { readCacheOptions, type CacheOptions } from './cacheOptions.ts'
import { exportManifestCache, formatCacheAnswer, type CacheTarget } from './manifestCache.ts'

interface Place {
  readonly reference: Reference
  readonly options: CacheOptions
}

/** Under a name of its own in a registry: BuildKit's `type=registry`. @throws InvalidValueError */
export function createRegistryCacheExporter(deps: ExporterDeps, values: ReadonlyMap<string, string>): CacheExporter {
  const { reference, options } = readPlace(values)
  return {
    name: 'exporting cache to registry',
    ignoresErrors: options.ignoresErrors,
    async export(solved, progress, signal) {
      const manifest = await exportManifestCache(solved, registryTarget(reference, deps), { deps, options, progress }, signal)
      return new Map([['cache.manifest', formatCacheAnswer(manifest)]])
    },
  }
}

function readPlace(values: ReadonlyMap<string, string>): Place {
  const attributes = createAttributeReader('registry cache', values)
  const name = attributes.text('ref') ?? ''
  if (name === '') throw new InvalidValueError('a cache to export to a registry has no ref', { hint: 'add ref=registry/name:tag' })
  const reference = parseReference(name)
  if (reference.digest !== undefined) throw new InvalidValueError(`a cache cannot be named by digest: ${JSON.stringify(name)}`, { hint: 'leave out the part from "@" on' })
  const options = readCacheOptions(attributes)
  attributes.ignore('registry.insecure')
  attributes.finish()
  return { reference, options }
}

function registryTarget(reference: Reference, deps: ExporterDeps): CacheTarget {
  return {
    transfers: deps.uploads,
    putLayer: (blob, signal) => pushBlob(blob, reference, deps, signal),
    async putConfig(config, bytes, signal) {
      await putBytes(bytes, deps.content, signal)
      await pushBlob({ descriptor: config, diffId: config.digest, repository: undefined }, reference, deps, signal)
    },
    putManifest: ({ digest, mediaType }, bytes, signal) => deps.registry.pushManifest({ ...reference, digest }, mediaType, bytes, signal),
  }
}

async function pushBlob(blob: LayerBlob, { host, repository }: Reference, { registry, blobs }: ExporterDeps, signal: AbortSignal): Promise<void> {
  const mountFrom = otherRepository(blob.repository, { host, repository })
  await registry.pushBlob({ host, repository }, { descriptor: blob.descriptor, mountFrom, open: () => blobs.read(blob, signal), onProgress: () => undefined }, signal)
}
