import { createLayoutReader } from '../content/layoutReader.ts'
import { cacheStoreId, DEFAULT_CACHE_TAG, folderCacheAnswer, FOLDER_CACHE_ANSWERS } from '../exporter/cache/clientStore.ts'
import { parseGoBoolean } from '../ground/goBoolean.ts'
import { parseJsonObject } from '../ground/jsonValue.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import { parseDescriptor } from '../image/manifestJson.ts'
import type { ProgressSink } from '../progress/progressSink.ts'
import type { BuildRequest, CacheRequest } from './driver.ts'

/**
 * Names in their folders the caches that an engine has exported to folders of this machine, as BuildKit's clients do:
 * the engine has but brought the blobs. The response without what was for this alone.
 */
export async function nameFolderCaches(request: Pick<BuildRequest, 'cacheExports' | 'stores'>, response: ReadonlyMap<string, string>, sink: ProgressSink, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  for (const cache of request.cacheExports.filter(({ type }) => type === 'local')) {
    try {
      await nameCache(cache, { stores: request.stores, response, sink }, signal)
    } catch (error) {
      if (signal.aborted || parseGoBoolean(cache.attributes.get('ignore-error') ?? '') !== true) throw error
      warn(sink, `the cache in ${destOf(cache)} cannot be named: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return new Map([...response].filter(([key]) => !key.startsWith(FOLDER_CACHE_ANSWERS)))
}

interface NamingContext extends Pick<BuildRequest, 'stores'> {
  readonly response: ReadonlyMap<string, string>
  readonly sink: ProgressSink
}

async function nameCache(cache: CacheRequest, { stores, response, sink }: NamingContext, signal: AbortSignal): Promise<void> {
  const dest = destOf(cache)
  const folder = stores.get(cacheStoreId(dest))
  const answer = response.get(folderCacheAnswer(cache.attributes)) ?? response.get('cache.manifest')
  if (folder === undefined || answer === undefined) return // the engine has told of a failure that is ignored
  const manifest = parseAnswer(answer)
  if ((await createLayoutReader(folder).sizeBytes(manifest.digest, signal)) === undefined) {
    warn(sink, `the cache in ${folder} has no name: of several exports this builder tells one, and that is another`)
    return
  }
  const { writeLayoutTag } = await import('../image/layoutNames.ts') // loads what locks files
  await writeLayoutTag(folder, cache.attributes.get('tag') ?? DEFAULT_CACHE_TAG, manifest, signal)
}

function destOf({ attributes }: CacheRequest): string {
  return attributes.get('dest') ?? ''
}

/** @throws InvalidValueError; ImageInvalidError */
function parseAnswer(text: string): Descriptor {
  return parseDescriptor(parseJsonObject(text, 'cache.manifest'))
}

function warn(sink: ProgressSink, message: string): void {
  sink({ kind: 'warning', vertex: undefined, at: Date.now(), message, detail: [], url: undefined, span: undefined })
}
