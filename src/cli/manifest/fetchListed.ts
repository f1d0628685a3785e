import { BuildError } from '../../ground/errors.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import { formatFamiliar, formatReference, type Reference } from '../../ground/reference.ts'
import { toGoEntry } from '../../image/index/goDescriptor.ts'
import { parseEntry, type JsonFields } from '../../image/index/indexDocument.ts'
import { parseManifest } from '../../image/manifestJson.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ListedManifest } from './listedManifest.ts'

export class NotOnePlatformError extends BuildError {
  readonly kind = 'conflict'
}

/** An image as a list takes it: with the platform that its config names. @throws NotOnePlatformError where it is an index; RegistryError */
export async function fetchListed(registry: Registry, reference: Reference, signal: AbortSignal): Promise<ListedManifest> {
  const { mediaType, digest, sizeBytes, ...rest } = await registry.resolve(reference, signal)
  if (isIndexType(mediaType)) throw new NotOnePlatformError(`${formatReference(reference)} is a manifest list itself`, { hint: `name one of its images, ${formatFamiliar({ ...reference, tag: undefined, digest: undefined })}@sha256:…, or put lists together with: pelago imagetools create` })
  const bytes = await registry.fetchManifest(reference, { mediaType, digest, sizeBytes, ...rest }, signal)
  const platform = await fetchPlatform(registry, { reference, bytes, mediaType }, signal)
  return { reference, bytes, entry: toGoEntry(parseEntry({ mediaType, digest, size: sizeBytes, ...(platform === undefined ? {} : { platform }) })) }
}

/** As the config has it, nothing normalized; undefined where it names none. */
export async function fetchPlatform(registry: Registry, { reference, bytes, mediaType }: { readonly reference: Reference; readonly bytes: Uint8Array; readonly mediaType: string }, signal: AbortSignal): Promise<JsonFields | undefined> {
  const { config } = parseManifest(bytes, mediaType)
  const json: unknown = JSON.parse(Buffer.from(await registry.fetchManifest(reference, config, signal)).toString())
  if (typeof json !== 'object' || json === null) return undefined
  const { architecture, os, variant, 'os.version': version, 'os.features': features } = json as JsonFields
  if (typeof architecture !== 'string' || architecture === '' || typeof os !== 'string' || os === '') return undefined
  return { architecture, os, 'os.version': version, 'os.features': features, variant }
}
