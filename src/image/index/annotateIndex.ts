import { BuildError } from '../../ground/errors.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { isSamePlatform, type Platform } from '../../ground/platform.ts'
import { sortedMap } from '../internal/goJson.ts'
import { toGoEntry } from './goDescriptor.ts'
import { parseEntry, type IndexDocument, type IndexEntry } from './indexDocument.ts'

export type IndexAnnotation =
  | { readonly kind: 'index'; readonly key: string; readonly value: string }
  /** Undefined `platform`: every entry. */
  | { readonly kind: 'manifest-descriptor'; readonly platform: Platform | undefined; readonly key: string; readonly value: string }

/** Docker's manifest lists have no place for annotations. */
export class AnnotationRefusedError extends BuildError {
  readonly kind = 'usage'
}

/** Puts annotations on an index and its entries; a later one of the same key wins. @throws AnnotationRefusedError */
export function annotateIndex(document: IndexDocument, annotations: readonly IndexAnnotation[]): IndexDocument {
  if (annotations.length === 0) return document
  if (document.mediaType === MEDIA_TYPE.dockerIndex) {
    throw new AnnotationRefusedError('a manifest list of Docker\'s type has no annotations', { hint: 'build its images with OCI media types: --output type=registry,oci-mediatypes=true' })
  }
  const ofIndex = annotations.flatMap(({ kind, key, value }) => (kind === 'index' ? [[key, value] as const] : []))
  const written = sortedMap(new Map(ofIndex))
  return { ...document, fields: written === undefined ? document.fields : { ...document.fields, annotations: written }, entries: document.entries.map((entry) => annotateEntry(entry, annotations)) }
}

function annotateEntry(entry: IndexEntry, annotations: readonly IndexAnnotation[]): IndexEntry {
  const added = annotations.flatMap((annotation) => (annotation.kind === 'manifest-descriptor' && isMeant(entry, annotation.platform) ? [[annotation.key, annotation.value] as const] : []))
  if (added.length === 0) return entry
  return toGoEntry(parseEntry({ ...entry.fields, annotations: Object.fromEntries([...entry.descriptor.annotations, ...added]) }))
}

function isMeant({ descriptor }: IndexEntry, platform: Platform | undefined): boolean {
  if (platform === undefined) return true
  return descriptor.platform !== undefined && isSamePlatform(descriptor.platform, platform)
}
