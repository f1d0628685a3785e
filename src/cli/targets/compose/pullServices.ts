import { formatFamiliar, formatReference, parseReference } from '../../../ground/reference.ts'
import { formatPlatform } from '../../../ground/platform.ts'
import { nodeAt, textAt, type Node } from '../../../project/compose/yaml/node.ts'
import type { CommandContext } from '../../command.ts'
import type { ComposeFlags } from '../../compose/composeFlags.ts'
import { openEngine } from '../../engine.ts'
import { EXIT } from '../../exitCode.ts'
import { findLocalImage } from '../../images/findLocalImage.ts'
import { parsePlatformFlags } from '../../localPlatform.ts'
import { parseProgressMode } from '../../render/progressMode.ts'
import { findServices } from './composeServices.ts'
import { moveImages, printMoved, type ImageMove, type MoveEnd } from './moveImages.ts'

export interface PullFlags extends ComposeFlags {
  readonly 'ignore-buildable': boolean
  readonly 'ignore-pull-failures': boolean
  readonly 'include-deps': boolean
  readonly policy: string | undefined
  readonly quiet: boolean
}

/** Pulls the images of the services, each once; the exit code. @throws ImageMoveError for the first that failed */
export async function pullServices(flags: PullFlags, names: readonly string[], context: CommandContext, signal: AbortSignal): Promise<number> {
  const { project, services } = await findServices(flags, names, flags['include-deps'], { context, signal })
  const usual = project.environment.get('DOCKER_DEFAULT_PLATFORM')
  const wanted = [...services].flatMap(([name, service]) => readImage(name, service, flags, usual))
  const missing = await withoutPresent(mergeEqual(wanted), context, signal)
  const ends = missing.length === 0 ? [] : await moveImages(missing.map(toMove), { verb: 'pull', progress: flags.quiet ? 'quiet' : parseProgressMode(flags.progress) }, context, signal)
  if (!flags.quiet) printMoved(ends, 'pull', context)
  return tellFailures(ends, wanted, flags, context)
}

interface WantedImage {
  readonly services: readonly string[]
  readonly image: string
  /** Empty is the machine's own. */
  readonly platform: string
  /** Whether it is not asked for where it is here. */
  readonly ifMissing: boolean
  readonly isBuildable: boolean
}

function readImage(name: string, service: Node, flags: PullFlags, usualPlatform: string | undefined): readonly WantedImage[] {
  const image = textAt(service, 'image')
  const isBuildable = nodeAt(service, 'build') !== undefined
  const policy = flags.policy ?? textAt(service, 'pull_policy') ?? 'always'
  if (image === undefined || ['never', 'build'].includes(policy) || (isBuildable && flags['ignore-buildable'])) return []
  return [{ services: [name], image, platform: textAt(service, 'platform') ?? usualPlatform ?? '', ifMissing: ['missing', 'if_not_present'].includes(policy), isBuildable }]
}

function mergeEqual(images: readonly WantedImage[]): readonly WantedImage[] {
  const merged = new Map<string, WantedImage>()
  for (const image of images) {
    const key = `${image.image} ${image.platform}`
    const known = merged.get(key)
    merged.set(key, known === undefined ? image : { ...known, services: [...known.services, ...image.services], ifMissing: known.ifMissing && image.ifMissing })
  }
  return [...merged.values()]
}

async function withoutPresent(images: readonly WantedImage[], context: CommandContext, signal: AbortSignal): Promise<readonly WantedImage[]> {
  if (!images.some(({ ifMissing }) => ifMissing)) return images
  await using engine = await openEngine(context, signal)
  const missing: WantedImage[] = []
  for (const image of images) {
    if (!image.ifMissing || (await findLocalImage(engine, parseReference(image.image), signal)) === undefined) missing.push(image)
  }
  return missing
}

function toMove({ services, image, platform }: WantedImage): ImageMove {
  const reference = parseReference(image)
  const platforms = parsePlatformFlags([platform === '' ? 'local' : platform]).map(formatPlatform)
  return { services, image: formatFamiliar(reference), begin: ({ local }, session, signal) => local.pull({ reference: formatReference(reference), platforms, session }, { signal }) }
}

function tellFailures(ends: readonly MoveEnd[], wanted: readonly WantedImage[], flags: PullFlags, { stderr }: CommandContext): number {
  const failed = ends.flatMap(({ move, error }) => (error === undefined ? [] : [{ move, error }]))
  const isBuildable = (service: string): boolean => wanted.some(({ services, isBuildable: can }) => can && services.includes(service))
  const toBuild = failed.flatMap(({ move: { services } }) => services.filter(isBuildable))
  if (toBuild.length > 0) stderr.write(`note: these can be built instead: pelago compose build ${toBuild.join(' ')}\n`)
  const [first] = failed
  if (first !== undefined && !flags['ignore-pull-failures']) throw first.error
  for (const { error } of failed) stderr.write(`warning: ${error.message}\n`)
  return EXIT.done
}
