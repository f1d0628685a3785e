import type { Json } from '../ground/canonicalJson.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import { parseDigest } from '../ground/digest.ts'
import { objectList, optionalNumber, optionalObject, optionalString, parseJsonObject, requiredNumber, requiredObject, requiredString, stringMap, type JsonObject } from '../ground/jsonValue.ts'
import type { Index, Manifest } from '../ground/oci/manifest.ts'
import { isIndexType, isManifestType, MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { normalizePlatform, type Platform } from '../ground/platform.ts'
import { ImageInvalidError, parseImagePart } from './imageError.ts'
import { formatGoJson, sortedMap } from './internal/goJson.ts'

/** What the distribution-spec asks of registries to take. */
export const MAX_MANIFEST_BYTES = 4 << 20

/** Of a document of which nobody tells it: it says what it is, or is known by what it has. @throws InvalidValueError where it is no object of JSON */
export function mediaTypeOf(bytes: Uint8Array, what: string): string {
  const document = parseJsonObject(Buffer.from(bytes).toString(), what)
  return optionalString(document, 'mediaType') ?? (document.fields.has('manifests') ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest)
}

/** `mediaType` is what it came as: the document need not name its own. @throws ImageInvalidError */
export function parseManifest(bytes: Uint8Array, mediaType: string): Manifest {
  return parseImagePart('manifest', () => {
    const object = parseDocument(bytes, mediaType, 'manifests')
    return {
      mediaType: optionalString(object, 'mediaType') ?? mediaType,
      artifactType: optionalString(object, 'artifactType'),
      config: parseDescriptor(requiredObject(object, 'config')),
      layers: objectList(object, 'layers').map(parseDescriptor),
      subject: subjectOf(object),
      annotations: stringMap(object, 'annotations'),
    }
  })
}

/** The same for an index. @throws ImageInvalidError */
export function parseIndex(bytes: Uint8Array, mediaType: string): Index {
  return parseImagePart('index', () => {
    const object = parseDocument(bytes, mediaType, 'layers')
    return {
      mediaType: optionalString(object, 'mediaType') ?? mediaType,
      artifactType: optionalString(object, 'artifactType'),
      manifests: objectList(object, 'manifests').map(parseDescriptor),
      subject: subjectOf(object),
      annotations: stringMap(object, 'annotations'),
    }
  })
}

/** Equal values give equal bytes. */
export function formatManifest(manifest: Manifest): Uint8Array {
  return formatGoJson(
    {
      schemaVersion: 2,
      mediaType: manifest.mediaType,
      artifactType: manifest.artifactType,
      config: descriptorJson(manifest.config),
      layers: manifest.layers.map(descriptorJson),
      subject: manifest.subject === undefined ? undefined : descriptorJson(manifest.subject),
      annotations: sortedMap(manifest.annotations),
    },
    'indented',
  )
}

/** Equal values give equal bytes. */
export function formatIndex(index: Index): Uint8Array {
  return formatGoJson(
    {
      schemaVersion: 2,
      mediaType: index.mediaType,
      artifactType: index.artifactType,
      manifests: index.manifests.map(descriptorJson),
      subject: index.subject === undefined ? undefined : descriptorJson(index.subject),
      annotations: sortedMap(index.annotations),
    },
    'indented',
  )
}

/** One line of JSON. */
export function formatDescriptor(descriptor: Descriptor): Uint8Array {
  return formatGoJson(descriptorJson(descriptor), 'compact')
}

function descriptorJson({ mediaType, digest, sizeBytes, annotations, platform, artifactType }: Descriptor): Json {
  return { mediaType, digest, size: sizeBytes, annotations: sortedMap(annotations), platform: platform === undefined ? undefined : platformJson(platform), artifactType }
}

function platformJson({ architecture, os, osVersion, variant }: Platform): Json {
  return { architecture, os, 'os.version': osVersion === '' ? undefined : osVersion, variant: variant === '' ? undefined : variant }
}

/**
 * A document must be one thing to all who read it: one that is manifest and index at once, or names another media type
 * than it came with, is refused (OCI image-spec, manifest.md, on `mediaType`; CVE-2021-41190).
 */
function parseDocument(bytes: Uint8Array, mediaType: string, foreignField: string): JsonObject {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) throw new ImageInvalidError(`it has ${bytes.byteLength} bytes, more than ${MAX_MANIFEST_BYTES}`)
  const object = parseJsonObject(Buffer.from(bytes).toString(), 'manifest')
  const version = optionalNumber(object, 'schemaVersion')
  if (version !== 2) throw new ImageInvalidError(`schema version ${version ?? 'none'} is not 2`, { hint: 'push the image again with a current tool' })
  if (object.fields.has(foreignField)) throw new ImageInvalidError(`it has ${JSON.stringify(foreignField)}, which is for another kind of document`)
  const own = optionalString(object, 'mediaType') ?? mediaType
  const isSameKind = isIndexType(own) === isIndexType(mediaType) && isManifestType(own) === isManifestType(mediaType)
  if (!isSameKind) throw new ImageInvalidError(`it says it is ${own}, but came as ${mediaType}`)
  return object
}

function subjectOf(object: JsonObject): Descriptor | undefined {
  const subject = optionalObject(object, 'subject')
  return subject === undefined ? undefined : parseDescriptor(subject)
}

/** @throws InvalidValueError; ImageInvalidError */
export function parseDescriptor(object: JsonObject): Descriptor {
  const sizeBytes = requiredNumber(object, 'size')
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw new ImageInvalidError(`${object.path}.size is no size: ${sizeBytes}`)
  const platform = optionalObject(object, 'platform')
  return {
    mediaType: requiredString(object, 'mediaType'),
    digest: parseDigest(requiredString(object, 'digest')),
    sizeBytes,
    platform: platform === undefined ? undefined : toPlatform(platform),
    annotations: stringMap(object, 'annotations'),
    artifactType: optionalString(object, 'artifactType'),
  }
}

function toPlatform(object: JsonObject): Platform {
  return normalizePlatform({
    os: requiredString(object, 'os'),
    architecture: requiredString(object, 'architecture'),
    variant: optionalString(object, 'variant') ?? '',
    osVersion: optionalString(object, 'os.version') ?? '',
  })
}
