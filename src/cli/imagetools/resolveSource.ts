import { InvalidValueError } from '../../ground/errors.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import type { Platform } from '../../ground/platform.ts'
import { formatFamiliar } from '../../ground/reference.ts'
import { parseImageConfig } from '../../image/imageConfigJson.ts'
import type { CombinedSource } from '../../image/index/combineSources.ts'
import { parseEntry, parseIndexDocument, type JsonFields } from '../../image/index/indexDocument.ts'
import { parseManifest } from '../../image/manifestJson.ts'
import type { Registry } from '../../registry/registry.ts'
import type { PlacedSource } from './sourceText.ts'

/** Looks up what a source is; an image's platform comes from what was said of it, else from its config. @throws RegistryError; ImageInvalidError; InvalidValueError */
export async function resolveSource(registry: Registry, source: PlacedSource, signal: AbortSignal): Promise<CombinedSource> {
  const { reference, fields } = source
  const descriptor = await registry.resolve(reference, signal)
  checkAgrees(source, descriptor)
  const bytes = await registry.fetchManifest(reference, descriptor, signal)
  const { mediaType, digest, sizeBytes } = descriptor
  if (isIndexType(mediaType)) return { kind: 'index', descriptor, bytes, document: parseIndexDocument(bytes, mediaType) }
  const annotations = fields['annotations']
  const entry = parseEntry({ mediaType, digest, size: sizeBytes, ...(annotations === undefined ? {} : { annotations }), platform: await choosePlatform(registry, source, { descriptor, bytes }, signal) })
  return { kind: 'image', descriptor, bytes, entry }
}

/** @throws InvalidValueError where a descriptor says what is not so */
function checkAgrees({ reference, fields }: PlacedSource, descriptor: Descriptor): void {
  const [size, mediaType] = [fields['size'], fields['mediaType']]
  const name = formatFamiliar(reference)
  if (size !== undefined && size !== 0 && size !== descriptor.sizeBytes) throw new InvalidValueError(`${name} has ${descriptor.sizeBytes} bytes, not the ${JSON.stringify(size)} of its descriptor`)
  if (mediaType !== undefined && mediaType !== '' && mediaType !== descriptor.mediaType) throw new InvalidValueError(`${name} is ${descriptor.mediaType}, not the ${JSON.stringify(mediaType)} of its descriptor`)
}

async function choosePlatform(registry: Registry, { reference, fields }: PlacedSource, { descriptor, bytes }: { readonly descriptor: Descriptor; readonly bytes: Uint8Array }, signal: AbortSignal): Promise<JsonFields> {
  const given = (fields['platform'] ?? {}) as JsonFields
  if (Boolean(given['os']) && Boolean(given['architecture'])) return given
  const { config } = parseManifest(bytes, descriptor.mediaType)
  return fillPlatform(given, parseImageConfig(await registry.fetchManifest(reference, config, signal)).platform)
}

/** A variant belongs to its architecture. */
function fillPlatform(given: JsonFields, { os, architecture, variant }: Platform): JsonFields {
  const own = Boolean(given['architecture']) ? {} : { architecture, ...(variant === '' || Boolean(given['variant']) ? {} : { variant }) }
  return { ...given, ...own, os: Boolean(given['os']) ? given['os'] : os }
}
