import { digestOf } from '../../ground/digest.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import type { Platform } from '../../ground/platform.ts'
import { formatFamiliar, parseReference, type Reference } from '../../ground/reference.ts'
import type { CombinedSource } from '../../image/index/combineSources.ts'
import { selectPlatforms } from '../../image/index/editIndex.ts'
import { formatIndexDocument, makeIndexDocument, type IndexDocument, type IndexEntry } from '../../image/index/indexDocument.ts'
import { mergeEntries } from '../../image/index/mergeEntries.ts'
import { createLimit, mapLimited } from '../../kit/limit.ts'
import type { Registry } from '../../registry/registry.ts'
import type { PlacedBlob } from '../../registry/registryBlobs.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { openOrigin } from '../registry/registryAccess.ts'
import { parseProgressMode } from '../render/progressMode.ts'
import type { EditFlags } from './editFlags.ts'
import { reportEdit } from './editReport.ts'
import { publishImage } from './publishImage.ts'
import { resolveSource } from './resolveSource.ts'
import { parseSource, placeSources, type PlacedSource } from './sourceText.ts'
import { parseTag } from './tagText.ts'

/** What is done to one image of a registry. */
export interface EditRequest {
  readonly name: string
  /** Where images are taken from. */
  readonly sources: readonly string[]
  /** Which of the sources' platforms; empty: all. */
  readonly platforms: readonly Platform[]
  /** The index as it is to be. @throws IndexEditRefusedError */
  readonly edit: (document: IndexDocument, taken: readonly IndexEntry[]) => IndexDocument
}

const LOOKUPS = 4

/** @throws UsageError; IndexEditRefusedError; TagMovedError; RegistryError */
export async function performEdit({ name, sources, platforms, edit }: EditRequest, flags: EditFlags, context: CommandContext, signal: AbortSignal): Promise<void> {
  const reference = parseReference(name)
  const tags = flags.tag.length === 0 ? [ownTag(reference)] : flags.tag.map(parseTag)
  const placed = placeSources(sources.map(parseSource), [reference])
  await using registry = await openOrigin(withInsecureRegistries(context, flags['insecure-registry']))
  const before = await resolveSource(registry, { reference, fields: {} }, signal)
  const resolved = await mapLimited(placed, createLimit(LOOKUPS), (source, inner) => resolveSource(registry, source, inner), signal)
  const document = documentOf(before)
  const taken = resolved.length === 0 ? [] : selectPlatforms(mergeEntries(resolved.flatMap(entriesOf)), platforms, sources.join(', '))
  const edited = edit(document, taken)
  const bytes = formatIndexDocument(edited)
  if (flags['dry-run']) {
    context.stdout.write(bytes)
    context.stdout.write('\n')
    return
  }
  const outcome = { reference, tags, before: { descriptor: before.descriptor, isIndex: before.kind === 'index', entries: document.entries }, entries: edited.entries }
  if (isSame(document, edited) && flags.tag.length === 0) {
    reportEdit({ ...outcome, root: before.descriptor }, flags, context)
    return
  }
  const publication = {
    root: describeBlob(edited.mediaType, digestOf(bytes), bytes.byteLength),
    document: bytes,
    places: [...placesOf([{ reference, fields: {} }], [before]), ...placesOf(placed, resolved)],
    tags,
    replaces: flags.tag.length === 0 ? before.descriptor.digest : undefined,
    progress: parseProgressMode(flags.progress),
  }
  const [published] = await publishImage(registry, publication, context, signal)
  reportEdit({ ...outcome, root: published?.root ?? publication.root }, flags, context)
  await warnOfReferrers(registry, { reference, before }, context, signal)
}

function ownTag(reference: Reference): Reference {
  if (reference.digest === undefined) return reference
  throw new UsageError(`${formatFamiliar(reference)} is a digest, which always stands for the same`, { hint: 'name a tag, or put the result elsewhere: --tag NAME' })
}

/** A lone image is edited as the index that would name it. */
function documentOf(source: CombinedSource): IndexDocument {
  return source.kind === 'index' ? source.document : makeIndexDocument([source.entry])
}

function entriesOf(source: CombinedSource): readonly IndexEntry[] {
  return source.kind === 'index' ? source.document.entries : [source.entry]
}

function placesOf(placed: readonly PlacedSource[], sources: readonly CombinedSource[]): readonly PlacedBlob[] {
  return sources.flatMap((source, index) => {
    const repository = placed[index]?.reference
    return repository === undefined ? [] : entriesOf(source).map(({ descriptor }) => ({ repository, descriptor }))
  })
}

function isSame(a: IndexDocument, b: IndexDocument): boolean {
  return JSON.stringify(a.entries.map(({ descriptor }) => descriptor.digest)) === JSON.stringify(b.entries.map(({ descriptor }) => descriptor.digest))
}

/** What was signed was the index as it was. */
async function warnOfReferrers(registry: Registry, { reference, before }: { readonly reference: Reference; readonly before: CombinedSource }, { stderr }: CommandContext, signal: AbortSignal): Promise<void> {
  const { length } = await registry.listReferrers(reference, before.descriptor.digest, signal)
  if (length > 0) stderr.write(`note: ${length} ${length === 1 ? 'signature or other artifact refers' : 'signatures or other artifacts refer'} to the index as it was, and not to the new one: sign it again\n`)
}
