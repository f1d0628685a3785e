import type { Descriptor } from '../ground/descriptor.ts'
import { parseDigest } from '../ground/digest.ts'
import { InvalidValueError } from '../ground/errors.ts'
import { objectList, optionalNumber, optionalObject, optionalString, parseJsonObject, requiredNumber, requiredObject, requiredString, stringMap, type JsonObject } from '../ground/jsonValue.ts'
import type { Index, Manifest } from '../ground/manifest.ts'
import { isIndexType, isManifestType, MEDIA_TYPE } from '../ground/mediaType.ts'
import { normalizePlatform, type Platform } from '../ground/platform.ts'

/** OCI image-spec, manifest.md, or Docker's schema 2. @throws InvalidValueError */
export function parseManifest(bytes: Uint8Array): Manifest {
  const json = parseDocument(bytes, 'the image manifest')
  const mediaType = optionalString(json, 'mediaType') ?? MEDIA_TYPE.ociManifest
  if (!isManifestType(mediaType)) throw new InvalidValueError(`not an image manifest, but ${JSON.stringify(mediaType)}`)
  return {
    mediaType,
    artifactType: optionalString(json, 'artifactType'),
    config: parseDescriptor(requiredObject(json, 'config')),
    layers: objectList(json, 'layers').map(parseDescriptor),
    subject: parseSubject(json),
    annotations: stringMap(json, 'annotations'),
  }
}

/** OCI image-spec, image-index.md, or Docker's manifest list. @throws InvalidValueError */
export function parseIndex(bytes: Uint8Array): Index {
  const json = parseDocument(bytes, 'the image index')
  const mediaType = optionalString(json, 'mediaType') ?? MEDIA_TYPE.ociIndex
  if (!isIndexType(mediaType)) throw new InvalidValueError(`not an image index, but ${JSON.stringify(mediaType)}`)
  return {
    mediaType,
    artifactType: optionalString(json, 'artifactType'),
    manifests: objectList(json, 'manifests').map(parseDescriptor),
    subject: parseSubject(json),
    annotations: stringMap(json, 'annotations'),
  }
}

/** @throws InvalidValueError */
export function parseDescriptor(json: JsonObject): Descriptor {
  const sizeBytes = requiredNumber(json, 'size')
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw new InvalidValueError(`${json.path}.size is no size: ${sizeBytes}`)
  const platform = optionalObject(json, 'platform')
  return {
    mediaType: requiredString(json, 'mediaType'),
    digest: parseDigest(requiredString(json, 'digest')),
    sizeBytes,
    platform: platform === undefined ? undefined : parsePlatformObject(platform),
    annotations: stringMap(json, 'annotations'),
    artifactType: optionalString(json, 'artifactType'),
  }
}

/** The bytes that are pushed: fields in the specification's order, indented by two as Docker writes them. */
export function formatManifest({ mediaType, artifactType, config, layers, subject, annotations }: Manifest): Uint8Array {
  return formatDocument({
    schemaVersion: 2,
    mediaType,
    artifactType,
    config: toJson(config),
    layers: layers.map(toJson),
    subject: subject && toJson(subject),
    annotations: toFields(annotations),
  })
}

export function formatIndex({ mediaType, artifactType, manifests, subject, annotations }: Index): Uint8Array {
  return formatDocument({
    schemaVersion: 2,
    mediaType,
    artifactType,
    manifests: manifests.map(toJson),
    subject: subject && toJson(subject),
    annotations: toFields(annotations),
  })
}

function parseDocument(bytes: Uint8Array, what: string): JsonObject {
  const json = parseJsonObject(Buffer.from(bytes).toString(), what)
  const version = optionalNumber(json, 'schemaVersion')
  if (version !== 2) throw new InvalidValueError(`${what} has schema version ${version ?? 'none'}, not 2`, { hint: 'push the image again with a current tool' })
  return json
}

function parseSubject(json: JsonObject): Descriptor | undefined {
  const subject = optionalObject(json, 'subject')
  return subject === undefined ? undefined : parseDescriptor(subject)
}

function parsePlatformObject(json: JsonObject): Platform {
  return normalizePlatform({
    os: requiredString(json, 'os'),
    architecture: requiredString(json, 'architecture'),
    variant: optionalString(json, 'variant') ?? '',
    osVersion: optionalString(json, 'os.version') ?? '',
  })
}

function toJson({ mediaType, digest, sizeBytes, platform, annotations, artifactType }: Descriptor): object {
  return { mediaType, artifactType, digest, size: sizeBytes, annotations: toFields(annotations), platform: platform && toPlatformJson(platform) }
}

function toPlatformJson({ os, architecture, variant, osVersion }: Platform): object {
  return { architecture, os, 'os.version': osVersion === '' ? undefined : osVersion, variant: variant === '' ? undefined : variant }
}

/** By name, so that equal annotations give equal bytes. */
function toFields(map: ReadonlyMap<string, string>): object | undefined {
  return map.size === 0 ? undefined : Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function formatDocument(document: object): Uint8Array {
  return Buffer.from(JSON.stringify(document, undefined, 2))
}
