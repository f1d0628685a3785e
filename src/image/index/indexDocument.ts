import type { Json } from '../../ground/canonicalJson.ts'
import { toObject } from '../../ground/jsonValue.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatGoJson } from '../internal/goJson.ts'
import { parseImagePart } from '../imageError.ts'
import { parseDescriptor, parseIndex } from '../manifestJson.ts'

/** An index as it was written: fields that nobody here knows are kept too, so that an edit changes nothing but what it is about. */
export interface IndexDocument {
  readonly mediaType: string
  /** As written and in that order; `mediaType` and `manifests` among them stand only for their places. */
  readonly fields: JsonFields
  readonly entries: readonly IndexEntry[]
}

/** One descriptor of an index. */
export interface IndexEntry {
  readonly descriptor: Descriptor
  /** The descriptor as written. */
  readonly fields: JsonFields
}

export type JsonFields = Readonly<Record<string, Json | undefined>>

/** @throws ImageInvalidError */
export function parseIndexDocument(bytes: Uint8Array, mediaType: string): IndexDocument {
  const index = parseIndex(bytes, mediaType)
  const fields = JSON.parse(Buffer.from(bytes).toString()) as JsonFields & { readonly manifests?: readonly JsonFields[] | null }
  return { mediaType: index.mediaType, fields, entries: (fields.manifests ?? []).map(parseEntry) }
}

/** @throws ImageInvalidError */
export function parseEntry(fields: JsonFields): IndexEntry {
  return { fields, descriptor: parseImagePart('descriptor', () => parseDescriptor(toObject(fields, 'descriptor'))) }
}

/** Equal values give equal bytes. */
export function formatIndexDocument({ mediaType, fields, entries }: IndexDocument): Uint8Array {
  return formatGoJson({ ...fields, mediaType, manifests: entries.map((entry) => entry.fields) }, 'indented')
}

/** A new index of `entries`: Docker's manifest list where all of them are Docker's, else OCI's, as docker buildx has it. */
export function makeIndexDocument(entries: readonly IndexEntry[]): IndexDocument {
  const mediaType = entries.every(isDockerEntry) ? MEDIA_TYPE.dockerIndex : MEDIA_TYPE.ociIndex
  return { mediaType, fields: { schemaVersion: 2, mediaType, manifests: [] }, entries }
}

/** `document` with other entries. A manifest list of Docker's that gets one of OCI's becomes an OCI index. */
export function withEntries(document: IndexDocument, entries: readonly IndexEntry[]): IndexDocument {
  const mediaType = entries.every(isDockerEntry) ? document.mediaType : MEDIA_TYPE.ociIndex
  return { ...document, mediaType, entries }
}

function isDockerEntry({ descriptor }: IndexEntry): boolean {
  return descriptor.mediaType.startsWith('application/vnd.docker.')
}
