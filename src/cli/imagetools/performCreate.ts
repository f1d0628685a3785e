import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatFamiliar, formatReference, type Reference } from '../../ground/reference.ts'
import { combineSources, type CombinedImage, type CombinedSource } from '../../image/index/combineSources.ts'
import { platformsTwice } from '../../image/index/filterPlatforms.ts'
import { createLimit, mapLimited } from '../../kit/limit.ts'
import type { PlacedBlob } from '../../registry/registryBlobs.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { parsePlatformFlags } from '../localPlatform.ts'
import { openOrigin, openRegistry } from '../registry/registryAccess.ts'
import { parseProgressMode } from '../render/progressMode.ts'
import { parseIndexAnnotations } from './annotationFlags.ts'
import type { CreateFlags } from './createFlags.ts'
import { publishImage, type Published } from './publishImage.ts'
import { resolveSource } from './resolveSource.ts'
import { parseSource, placeSources, type PlacedSource } from './sourceText.ts'
import { parseTag } from './tagText.ts'

/** Lookups at once. */
const LOOKUPS = 4

/** @throws UsageError; InvalidValueError; RegistryError; what `combineSources` throws */
export async function performCreate(flags: CreateFlags, operands: readonly string[], context: CommandContext, signal: AbortSignal): Promise<void> {
  const tags = flags.tag.map(parseTag)
  const placed = await readSources(flags, operands, tags, context)
  const options = { annotations: parseIndexAnnotations(flags.annotation), platforms: parsePlatformFlags(flags.platform), prefersIndex: flags['prefer-index'] }
  await using registry = await (flags.append ? openOrigin : openRegistry)(withInsecureRegistries(context, flags['insecure-registry']))
  const sources = await mapLimited(placed, createLimit(LOOKUPS), (source, inner) => resolveSource(registry, source, inner), signal)
  const image = combineSources(sources, options)
  for (const name of platformsTwice(image.entries)) context.stderr.write(`note: there are several images for ${name}; most clients take the first\n`)
  if (flags['dry-run']) {
    context.stdout.write(Buffer.concat([image.bytes, Buffer.from('\n')]))
    return
  }
  const publication = {
    root: image.root,
    document: image.isCopy ? undefined : image.bytes,
    places: placesOf(placed, sources, image),
    tags,
    replaces: flags.append ? sources[0]?.descriptor.digest : undefined,
    progress: parseProgressMode(flags.progress),
  }
  await report(await publishImage(registry, publication, context, signal), flags, context)
}

async function readSources(flags: CreateFlags, operands: readonly string[], tags: readonly Reference[], { workingFolder }: CommandContext): Promise<readonly PlacedSource[]> {
  if (operands.length === 0 && flags.file.length === 0) throw new UsageError('there are no sources', { hint: 'name images that are in a registry, or files that hold descriptors: --file PATH' })
  if (tags.length === 0 && !flags['dry-run']) throw new UsageError('nothing says where to put the image', { hint: 'name it: --tag NAME; or only look at it: --dry-run' })
  const [first] = flags.tag
  if (flags.append && first === undefined) throw new UsageError('--append adds to the image under --tag, and there is none')
  const fromFiles: string[] = []
  for (const path of flags.file) fromFiles.push(await readSourceFile(resolve(workingFolder, path)))
  return placeSources([...(flags.append && first !== undefined ? [first] : []), ...fromFiles, ...operands].map(parseSource), tags)
}

async function readSourceFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new InvalidValueError(`cannot read ${path}`, { hint: 'it should hold a descriptor in JSON, a name or a digest', cause: error })
  }
}

/** Of a copy the root, of a new index all that it names; each where a source has it. */
function placesOf(placed: readonly PlacedSource[], sources: readonly CombinedSource[], image: CombinedImage): readonly PlacedBlob[] {
  return sources.flatMap((source, index): readonly PlacedBlob[] => {
    const repository = placed[index]?.reference
    if (repository === undefined) return []
    const descriptors = image.isCopy ? [source.descriptor] : source.kind === 'index' ? source.document.entries.map(({ descriptor }) => descriptor) : [source.descriptor]
    return descriptors.map((descriptor) => ({ repository, descriptor }))
  })
}

async function report(published: readonly Published[], flags: CreateFlags, { stdout, workingFolder }: CommandContext): Promise<void> {
  const [first] = published
  if (flags['metadata-file'] !== undefined && first !== undefined) {
    const { mediaType, digest, sizeBytes } = first.root
    const metadata = { 'containerimage.descriptor': { mediaType, digest, size: sizeBytes }, 'image.name': published.flatMap(({ tags }) => tags.map(formatReference)).join(',') }
    await writeFile(resolve(workingFolder, flags['metadata-file']), `${JSON.stringify(metadata, undefined, 2)}\n`)
  }
  if (flags.progress === 'none') return
  if (flags.progress === 'quiet') stdout.write(`${first?.root.digest ?? ''}\n`)
  else for (const { tags, root } of published) stdout.write(`${tags.map((tag) => `pushed ${formatFamiliar(tag)}\n`).join('')}  digest ${root.digest}\n`)
}
