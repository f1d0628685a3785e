import { InvalidValueError } from '../../ground/errors.ts'
import { blobOfBytes } from '../../registry/cacheplace/blobOfBytes.ts'
import type { ExporterDeps } from '../exporterDeps.ts'
import { createAttributeReader } from '../internal/attributeReader.ts'
import type { CacheExporter } from './cacheExporter.ts'
import { readCacheOptions, type CacheOptions } from './cacheOptions.ts'
import { cacheStoreId, folderCacheAnswer } from './clientStore.ts'
import { exportManifestCache, formatCacheAnswer, type CacheTarget } from './manifestCache.ts'

/** To a folder of the client's, an OCI layout in which the client names it: BuildKit's `type=local`. @throws InvalidValueError */
export function createFolderCacheExporter(deps: ExporterDeps, values: ReadonlyMap<string, string>): CacheExporter {
  const { folder, options } = readPlace(values)
  return {
    name: 'exporting cache to client directory',
    ignoresErrors: options.ignoresErrors,
    async export(solved, progress, signal) {
      const manifest = formatCacheAnswer(await exportManifestCache(solved, folderTarget(folder, deps), { deps, options, progress }, signal))
      return new Map([['cache.manifest', manifest], [folderCacheAnswer(values), manifest]])
    },
  }
}

function readPlace(values: ReadonlyMap<string, string>): { readonly folder: string; readonly options: CacheOptions } {
  const attributes = createAttributeReader('local cache', values)
  const folder = attributes.text('dest') ?? ''
  if (folder === '') throw new InvalidValueError('a cache to export to a folder has no dest', { hint: 'add dest=FOLDER' })
  const options = readCacheOptions(attributes)
  attributes.ignore('tag') // the client names it
  attributes.finish()
  return { folder, options }
}

function folderTarget(folder: string, { openClientStore, uploads, blobs }: ExporterDeps): CacheTarget {
  const store = openClientStore(cacheStoreId(folder))
  const put = async (bytes: Uint8Array, signal: AbortSignal): Promise<void> => {
    await store.writeBlob(blobOfBytes(bytes), signal)
  }
  return {
    transfers: uploads,
    async putLayer(blob, signal) {
      const { digest, sizeBytes } = blob.descriptor
      await store.writeBlob({ digest, sizeBytes, open: () => blobs.read(blob, signal), onProgress: () => undefined }, signal)
    },
    putConfig: (_config, bytes, signal) => put(bytes, signal),
    putManifest: (_manifest, bytes, signal) => put(bytes, signal),
  }
}
