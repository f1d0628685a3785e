import { digestOf } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { annotateIndex, type IndexAnnotation } from './annotateIndex.ts'
import { filterPlatforms, platformNames } from './filterPlatforms.ts'
import { toGoEntry } from './goDescriptor.ts'
import { formatIndexDocument, makeIndexDocument, withEntries, type IndexDocument, type IndexEntry } from './indexDocument.ts'
import { mergeEntries } from './mergeEntries.ts'

/** An index, or one image as an index would name it; with the bytes that stand in its registry. */
export type CombinedSource =
  | { readonly kind: 'index'; readonly descriptor: Descriptor; readonly bytes: Uint8Array; readonly document: IndexDocument }
  | { readonly kind: 'image'; readonly descriptor: Descriptor; readonly bytes: Uint8Array; readonly entry: IndexEntry }

export interface CombineOptions {
  readonly annotations: readonly IndexAnnotation[]
  /** Empty: all. */
  readonly platforms: readonly Platform[]
  /** Whether a single image becomes an index of one. */
  readonly prefersIndex: boolean
}

export interface CombinedImage {
  readonly root: Descriptor
  readonly bytes: Uint8Array
  /** The index's; of an image that stays one, its own. */
  readonly entries: readonly IndexEntry[]
  /** Whether the root is one of the sources, byte for byte. */
  readonly isCopy: boolean
}

export class NoPlatformLeftError extends BuildError {
  readonly kind = 'not-found'
}

/**
 * One image of several, by the rules of `docker buildx imagetools create`: a single index stays as it is, byte for byte,
 * unless it is annotated or filtered; everything else becomes a new index.
 * @throws AnnotationRefusedError; NoPlatformLeftError
 */
export function combineSources(sources: readonly CombinedSource[], options: CombineOptions): CombinedImage {
  const [only, ...others] = sources
  const isSingle = only !== undefined && others.length === 0 && options.annotations.length === 0
  if (isSingle && only.kind === 'index') return filterIndex(only, options.platforms)
  if (isSingle && only.kind === 'image' && !options.prefersIndex) return checkImage(only, options.platforms)
  const merged = mergeEntries(sources.flatMap((source) => (source.kind === 'index' ? source.document.entries : [source.entry])))
  const document = annotateIndex(makeIndexDocument(merged), options.annotations)
  return newIndex({ ...document, entries: selectEntries(document.entries, options.platforms) })
}

function filterIndex({ descriptor, bytes, document }: CombinedSource & { readonly kind: 'index' }, platforms: readonly Platform[]): CombinedImage {
  const entries = selectEntries(document.entries, platforms)
  if (entries.length === document.entries.length) return { root: descriptor, bytes, entries, isCopy: true }
  return newIndex(withEntries(document, entries.map(toGoEntry)))
}

function checkImage({ descriptor, bytes, entry }: CombinedSource & { readonly kind: 'image' }, platforms: readonly Platform[]): CombinedImage {
  return { root: descriptor, bytes, entries: selectEntries([entry], platforms), isCopy: true }
}

function selectEntries(entries: readonly IndexEntry[], platforms: readonly Platform[]): readonly IndexEntry[] {
  if (platforms.length === 0) return entries
  const left = filterPlatforms(entries, platforms)
  if (left.length > 0) return left
  throw new NoPlatformLeftError(`no image is for ${platforms.map(formatPlatform).join(', ')}`, { hint: `there are ${platformNames(entries).join(', ')}` })
}

function newIndex(document: IndexDocument): CombinedImage {
  const bytes = formatIndexDocument(document)
  return { root: describeBlob(document.mediaType, digestOf(bytes), bytes.byteLength), bytes, entries: document.entries, isCopy: false }
}
