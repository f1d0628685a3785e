import { parseDigest, type Digest } from '../../ground/digest.ts'
import { parseJsonObject, optionalString } from '../../ground/jsonValue.ts'
import { formatRepository, parseReference, type Reference } from '../../ground/reference.ts'
import type { JsonFields } from '../../image/index/indexDocument.ts'
import { UsageError } from '../flags/usageError.ts'

/** A source of `imagetools create` as it is written: `NAME[:TAG][@DIGEST]`, a digest, or a descriptor in JSON. */
export type SourceText =
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'digest'; readonly digest: Digest }
  /** What a descriptor says of an image that is there, over what its registry says. */
  | { readonly kind: 'descriptor'; readonly digest: Digest; readonly fields: JsonFields }

/** @throws UsageError; InvalidValueError */
export function parseSource(text: string): SourceText {
  const trimmed = text.trim()
  if (trimmed.startsWith('{')) return parseDescriptorText(trimmed)
  if (trimmed.startsWith('sha256:')) return { kind: 'digest', digest: parseDigest(trimmed) }
  return { kind: 'reference', reference: parseReference(trimmed) }
}

/** A source, and where it stands. */
export interface PlacedSource {
  readonly reference: Reference
  /** Empty where nothing was said of it. */
  readonly fields: JsonFields
}

/** Gives each source that names no repository the one that all of `tags` and the others are of. @throws UsageError where there are several, or none */
export function placeSources(sources: readonly SourceText[], tags: readonly Reference[]): readonly PlacedSource[] {
  const named = sources.flatMap((source) => (source.kind === 'reference' ? [source.reference] : []))
  const repositories = new Map([...tags, ...named].map((reference) => [formatRepository(reference), reference]))
  const [home, ...others] = repositories.values()
  if (home === undefined) throw new UsageError('nothing says of which repository the sources are', { hint: 'name one: NAME@sha256:…, or --tag NAME' })
  return sources.map((source) => {
    if (source.kind === 'reference') return { reference: source.reference, fields: {} }
    if (others.length > 0) throw new UsageError(`of which repository is ${source.digest}? there are ${[...repositories.keys()].join(', ')}`, { hint: `write NAME@${source.digest}` })
    return { reference: { host: home.host, repository: home.repository, tag: undefined, digest: source.digest }, fields: source.kind === 'descriptor' ? source.fields : {} }
  })
}

function parseDescriptorText(text: string): SourceText {
  const object = parseJsonObject(text, 'the descriptor')
  const digest = optionalString(object, 'digest')
  if (digest === undefined) throw new UsageError('a source in JSON is no descriptor: it has no digest', { hint: 'a whole index is a source by its name; a descriptor is one of its manifests' })
  return { kind: 'descriptor', digest: parseDigest(digest), fields: Object.fromEntries(object.fields) as JsonFields }
}
