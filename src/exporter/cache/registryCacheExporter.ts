import { putBytes } from '../../content/contentStore.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { digestOf } from '../../ground/digest.ts'
import { parseReference, type Reference } from '../../ground/reference.ts'
import { CACHE_CONFIG_TYPE, formatCacheConfig } from '../../image/buildcache/cacheConfig.ts'
import { describeCacheLayer, formatCacheManifest } from '../../image/buildcache/cacheManifest.ts'
import { formatDescriptor } from '../../image/manifestJson.ts'
import { mapLimited } from '../../kit/limit.ts'
import type { LayerBlob } from '../../snapshot/snapshotStore.ts'
import type { ExportProgress } from '../exporter.ts'
import type { ExporterDeps } from '../exporterDeps.ts'
import { createAttributeReader } from '../internal/attributeReader.ts'
import { otherRepository } from '../internal/imagePush.ts'
import type { CacheExporter } from './cacheExporter.ts'
import { readCacheOptions, type CacheOptions } from './cacheOptions.ts'
import { packCache, type PackedCache } from './packCache.ts'

interface Target {
  readonly reference: Reference
  readonly options: CacheOptions
}

/** Under a name of its own in a registry: BuildKit's `type=registry`. @throws InvalidValueError */
export function createRegistryCacheExporter(deps: ExporterDeps, values: ReadonlyMap<string, string>): CacheExporter {
  const target = readTarget(values)
  return {
    name: 'exporting cache to registry',
    ignoresErrors: target.options.ignoresErrors,
    async export(solved, progress, signal) {
      const packed = await progress.step('preparing build cache for export', () => packCache(solved, target.options, deps, signal))
      await deps.protect(packed.blobs.keys(), signal)
      const manifest = await push(packed, target, { deps, progress }, signal)
      return new Map([['cache.manifest', Buffer.from(formatDescriptor(manifest)).toString()]])
    },
  }
}

function readTarget(values: ReadonlyMap<string, string>): Target {
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

interface PushContext {
  readonly deps: ExporterDeps
  readonly progress: ExportProgress
}

/** What is named before what names it. */
async function push(packed: PackedCache, { reference, options }: Target, context: PushContext, signal: AbortSignal): Promise<Descriptor> {
  const { deps, progress } = context
  await mapLimited([...packed.blobs.values()], deps.uploads, (blob, inner) => pushLayer(blob, reference, context, inner), signal)
  const bytes = formatCacheConfig(packed.config)
  const config = describeBlob(CACHE_CONFIG_TYPE, digestOf(bytes), bytes.byteLength)
  await progress.step(`writing config ${config.digest}`, async () => {
    await putBytes(bytes, deps.content, signal)
    await pushBlob({ descriptor: config, diffId: config.digest, repository: undefined }, reference, deps, signal)
  })
  const layers = packed.blobs.values().map(({ descriptor, diffId }) => describeCacheLayer(descriptor, diffId))
  const manifest = formatCacheManifest({ config, layers: [...layers] }, options.form)
  const digest = digestOf(manifest.bytes)
  await progress.step(`writing cache image manifest ${digest}`, () => deps.registry.pushManifest({ ...reference, digest }, manifest.mediaType, manifest.bytes, signal))
  return describeBlob(manifest.mediaType, digest, manifest.bytes.byteLength)
}

async function pushLayer(blob: LayerBlob, reference: Reference, { deps, progress }: PushContext, signal: AbortSignal): Promise<void> {
  await progress.step(`writing layer ${blob.descriptor.digest}`, () => pushBlob(blob, reference, deps, signal))
}

async function pushBlob(blob: LayerBlob, { host, repository }: Reference, { registry, blobs }: ExporterDeps, signal: AbortSignal): Promise<void> {
  const mountFrom = otherRepository(blob.repository, { host, repository })
  await registry.pushBlob({ host, repository }, { descriptor: blob.descriptor, mountFrom, open: () => blobs.read(blob, signal), onProgress: () => undefined }, signal)
}
