import { isIndexType, isManifestType, MEDIA_TYPE } from '../../../ground/oci/mediaType.ts'
import { parseJsonObject, type JsonObject } from '../../../ground/jsonValue.ts'
import { BuildError } from '../../../ground/errors.ts'
import type { HttpResponse } from '../../../kit/http.ts'

/** Without parameters such as a charset; undefined where the header is missing. */
export function contentTypeOf({ header }: Pick<HttpResponse, 'header'>): string | undefined {
  const type = header('content-type')?.split(';')[0]?.trim().toLowerCase()
  return type === '' ? undefined : type
}

export function isDocumentType(mediaType: string | undefined): mediaType is string {
  return mediaType !== undefined && (isIndexType(mediaType) || isManifestType(mediaType))
}

/**
 * What a manifest is. Its own word counts, unless it contradicts the header in kind: then it stays what it came as, and
 * whoever parses it refuses it. One that says nothing and comes as nothing in particular is told by its fields.
 */
export function manifestTypeOf(contentType: string | undefined, bytes: Uint8Array): string {
  const object = parseLeniently(bytes)
  const own = object === undefined ? undefined : ownType(object)
  if (!isDocumentType(contentType)) return own ?? contentType ?? ''
  return own !== undefined && isIndexType(own) === isIndexType(contentType) ? own : contentType
}

function ownType(object: JsonObject): string | undefined {
  const said = object.fields.get('mediaType')
  if (typeof said === 'string' && isDocumentType(said)) return said
  if (said !== undefined || object.fields.get('schemaVersion') !== 2) return undefined
  if (Array.isArray(object.fields.get('manifests'))) return MEDIA_TYPE.ociIndex
  return object.fields.has('config') && Array.isArray(object.fields.get('layers')) ? MEDIA_TYPE.ociManifest : undefined
}

function parseLeniently(bytes: Uint8Array): JsonObject | undefined {
  try {
    return parseJsonObject(Buffer.from(bytes).toString(), 'manifest')
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}
