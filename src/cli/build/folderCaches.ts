import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createLayoutReader } from '../../content/layoutReader.ts'
import type { BuildRequest, CacheRequest } from '../../driver/driver.ts'
import { isOwnName } from '../../driver/nodes/cacheNames.ts'
import { cacheStoreId, DEFAULT_CACHE_TAG } from '../../exporter/cache/clientStore.ts'
import { parseDigest, type Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { readLayoutTag, readLayoutTags } from '../../image/layoutNames.ts'
import { UsageError } from '../flags/usageError.ts'

/** Caches of a request, those in folders of this machine ready for an engine to ask for. */
export interface FolderCaches extends Pick<BuildRequest, 'cacheImports' | 'cacheExports' | 'stores' | 'writableStores'> {
  /** Why some are left out. */
  readonly notices: readonly string[]
}

/** Looks up which cache of its folder each import means. One that is not there is left out, which is told. @throws UsageError; InvalidValueError */
export async function findFolderCaches({ cacheImports, cacheExports }: Pick<BuildRequest, 'cacheImports' | 'cacheExports'>, workingFolder: string, signal: AbortSignal): Promise<FolderCaches> {
  const stores = new Map<string, string>()
  const [imports, exports, notices]: [CacheRequest[], CacheRequest[], string[]] = [[], [], []]
  const writableStores = new Set<string>()
  for (const cache of cacheImports) {
    if (cache.type !== 'local') {
      imports.push(cache)
      continue
    }
    const found = await findImports(cache, workingFolder, signal)
    if (!Array.isArray(found)) {
      notices.push(found.missing)
      continue
    }
    for (const one of found) {
      imports.push(one.cache)
      stores.set(one.id, one.folder)
    }
  }
  for (const cache of cacheExports) {
    const found = cache.type === 'local' ? await checkExport(cache, workingFolder) : { cache }
    exports.push(found.cache)
    if ('id' in found) stores.set(found.id, found.folder)
    if ('id' in found) writableStores.add(found.id)
  }
  return { cacheImports: imports, cacheExports: exports, stores, writableStores, notices }
}

interface PlacedCache {
  /** As the engine is told of it. */
  readonly cache: CacheRequest
  readonly id: string
  readonly folder: string
}

/** The cache itself, and what several machines have exported under its name, each for platforms of its own. */
async function findImports({ type, attributes }: CacheRequest, workingFolder: string, signal: AbortSignal): Promise<PlacedCache[] | { readonly missing: string }> {
  const src = required(attributes, 'src', '--cache-from')
  const folder = resolve(workingFolder, src)
  const without = (why: string): { readonly missing: string } => ({ missing: `note: the cache in ${src} is left out: ${why}` })
  try {
    const given = givenDigest(attributes)
    const digests = given === undefined ? await tagDigests(folder, attributes.get('tag') ?? DEFAULT_CACHE_TAG) : [given]
    if ('why' in digests) return without(digests.why)
    const found: PlacedCache[] = []
    for (const digest of digests) {
      if ((await createLayoutReader(folder).sizeBytes(digest, signal)) === undefined) return without(`it does not have ${digest}`)
      found.push(place({ type, attributes: new Map([...attributes, ['digest', digest]]) }, 'src', folder))
    }
    return found
  } catch (error) {
    if (error instanceof UsageError || !isOfFolder(error)) throw error
    return without(error.message)
  }
}

function givenDigest(attributes: ReadonlyMap<string, string>): Digest | undefined {
  const text = attributes.get('digest') ?? ''
  if (text === '') return undefined
  try {
    return parseDigest(text)
  } catch (error) {
    throw new UsageError(`--cache-from type=local: ${error instanceof Error ? error.message : text}`, { hint: 'write digest=sha256:…, or tag=NAME', cause: error })
  }
}

async function tagDigests(folder: string, tag: string): Promise<readonly Digest[] | { readonly why: string }> {
  if ((await stat(folder).catch(() => undefined)) === undefined) return { why: 'there is no such folder yet' }
  const own = await readLayoutTag(folder, tag)
  const ofMachines = await readLayoutTags(folder, (name) => isOwnName(name, tag))
  const digests = [...new Set([...(own === undefined ? [] : [own]), ...ofMachines.values()].map(({ digest }) => digest))]
  return digests.length === 0 ? { why: `nothing in its index.json is called ${JSON.stringify(tag)}` } : digests
}

/** A damaged index, and what the system refuses; no bug. */
function isOfFolder(error: unknown): error is Error {
  return error instanceof BuildError || (error instanceof Error && 'code' in error)
}

async function checkExport({ type, attributes }: CacheRequest, workingFolder: string): Promise<PlacedCache> {
  const dest = required(attributes, 'dest', '--cache-to')
  const folder = resolve(workingFolder, dest)
  const there = await stat(folder).catch(() => undefined)
  if (there !== undefined && !there.isDirectory()) throw new UsageError(`--cache-to type=local: ${dest} is not a folder`, { hint: 'give dest a folder, which is made where it is not there' })
  if (attributes.get('tag') === '') throw new UsageError('--cache-to type=local: the tag is empty', { hint: 'leave tag out, or give it a name' })
  return place({ type, attributes }, 'dest', folder)
}

/** An engine knows the folder by the text of the flag, which has to go through a header. */
function place({ type, attributes }: CacheRequest, key: 'src' | 'dest', folder: string): PlacedCache {
  const text = attributes.get(key) ?? ''
  const name = /^[\x21-\x7e]+$/.test(text) ? text : encodeURIComponent(text)
  return { cache: { type, attributes: new Map([...attributes, [key, name]]) }, id: cacheStoreId(name), folder }
}

function required(attributes: ReadonlyMap<string, string>, key: string, flag: string): string {
  const value = attributes.get(key) ?? ''
  if (value === '') throw new UsageError(`${flag} type=local: it has no ${key}`, { hint: `add ${key}=FOLDER` })
  return value
}
