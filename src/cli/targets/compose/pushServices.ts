import { formatFamiliar, formatReference, parseReference } from '../../../ground/reference.ts'
import type { Node } from '../../../project/compose/yaml/node.ts'
import { nodeAt, textAt, textsAt } from '../../../project/compose/yaml/node.ts'
import type { CommandContext } from '../../command.ts'
import type { ComposeFlags } from '../../compose/composeFlags.ts'
import { EXIT } from '../../exitCode.ts'
import { parseProgressMode } from '../../render/progressMode.ts'
import { findServices } from './composeServices.ts'
import { moveImages, printMoved, type ImageMove } from './moveImages.ts'

export interface PushFlags extends ComposeFlags {
  readonly 'ignore-push-failures': boolean
  readonly 'include-deps': boolean
  readonly quiet: boolean
}

/** Pushes what the services build, under the names that they give it; the exit code. @throws ImageMoveError for the first that failed */
export async function pushServices(flags: PushFlags, names: readonly string[], context: CommandContext, signal: AbortSignal): Promise<number> {
  const { services } = await findServices(flags, names, flags['include-deps'], { context, signal })
  const moves = [...services].flatMap(([name, service]) => imagesOf(name, service, context))
  const ends = moves.length === 0 ? [] : await moveImages(moves, { verb: 'push', progress: flags.quiet ? 'quiet' : parseProgressMode(flags.progress) }, context, signal)
  if (!flags.quiet) printMoved(ends, 'push', context)
  const failed = ends.flatMap(({ error }) => error ?? [])
  if (failed[0] !== undefined && !flags['ignore-push-failures']) throw failed[0]
  for (const { message } of failed) context.stderr.write(`warning: ${message}\n`)
  return EXIT.done
}

function imagesOf(name: string, service: Node, { stderr }: Pick<CommandContext, 'stderr'>): readonly ImageMove[] {
  const image = textAt(service, 'image')
  if (nodeAt(service, 'build') === undefined) return []
  if (image === undefined) {
    stderr.write(`service ${name}: it has no image, so there is nowhere to push to\n`)
    return []
  }
  return [...new Set([image, ...textsAt(service, 'build', 'tags')])].map((text) => {
    const reference = parseReference(text)
    return { services: [name], image: formatFamiliar(reference), begin: ({ local }, session, inner) => local.push({ reference: formatReference(reference), session }, { signal: inner }) }
  })
}
