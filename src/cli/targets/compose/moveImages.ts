import type { TransferEvent } from '../../../api/gen/local_pb.ts'
import type { EngineClient } from '../../../driver/driver.ts'
import { BuildError, type ErrorKind } from '../../../ground/errors.ts'
import { formatRepository, parseReference } from '../../../ground/reference.ts'
import { createLimit, mapLimited } from '../../../kit/limit.ts'
import type { CommandContext } from '../../command.ts'
import { openEngine } from '../../engine.ts'
import { openCredentialSession } from '../../registry/credentialSession.ts'
import { followTransfer, startTransferStep } from '../../registry/transferDisplay.ts'
import { openDisplay } from '../../render/display.ts'
import type { ProgressMode } from '../../render/progressMode.ts'

/** An image of a service on its way to or from a registry. */
export interface ImageMove {
  /** The services whose it is, for people. */
  readonly services: readonly string[]
  /** As people write it. */
  readonly image: string
  begin(engine: EngineClient, session: string, signal: AbortSignal): AsyncIterable<TransferEvent>
}

export interface MoveOptions {
  /** `push`, `pull` */
  readonly verb: 'push' | 'pull'
  readonly progress: ProgressMode
}

/** What became of one of them. */
export interface MoveEnd {
  readonly move: ImageMove
  /** Undefined where it was moved. */
  readonly error: BuildError | undefined
}

/** As Docker's own: more make a registry wait no less. */
const MAX_AT_ONCE = 4

/**
 * Moves all, a few at once, and shows how it goes; one that fails does not keep the others. Names of one repository are
 * pushed one after the other: the second finds there what the first has brought, and a registry may lose what comes
 * twice at once. @throws signal.reason, and what is a bug
 */
export async function moveImages(moves: readonly ImageMove[], { verb, progress }: MoveOptions, context: CommandContext, signal: AbortSignal): Promise<readonly MoveEnd[]> {
  await using engine = await openEngine(context, signal)
  await using session = openCredentialSession(engine, context, signal)
  using display = openDisplay(progress, context)
  const moveOne = async (move: ImageMove, inner: AbortSignal): Promise<MoveEnd> => {
    const step = startTransferStep(`[${move.services.join(' ')}] ${verb} ${move.image}`, display.sink, context)
    try {
      await followTransfer(move.begin(engine, session.id, inner), step)
      return { move, error: undefined }
    } catch (error) {
      if (inner.aborted || !(error instanceof BuildError)) throw error
      step.failed(error.message)
      return { move, error: new ImageMoveError(move, verb, error) }
    }
  }
  const lanes = Map.groupBy(moves, ({ image }) => (verb === 'push' ? formatRepository(parseReference(image)) : image))
  const ends = new Map<ImageMove, MoveEnd>()
  const moveLane = async (lane: readonly ImageMove[], inner: AbortSignal): Promise<void> => {
    for (const move of lane) ends.set(move, await moveOne(move, inner))
  }
  await mapLimited([...lanes.values()], createLimit(MAX_AT_ONCE), moveLane, signal)
  return moves.flatMap((move) => ends.get(move) ?? [])
}

/** An image that did not get there: what the engine says of it, with whose it is. */
export class ImageMoveError extends BuildError {
  readonly kind: ErrorKind
  constructor({ services, image }: Pick<ImageMove, 'services' | 'image'>, verb: MoveOptions['verb'], cause: BuildError) {
    super(`service ${services.join(', ')}: cannot ${verb} ${image}: ${cause.message}`, { hint: cause.hint, cause })
    this.kind = cause.kind
  }
}

/** A line for each that was moved. */
export function printMoved(ends: readonly MoveEnd[], verb: MoveOptions['verb'], { stdout }: Pick<CommandContext, 'stdout'>): void {
  const moved = ends.filter(({ error }) => error === undefined).map(({ move }) => move)
  const columns = Math.max(0, ...moved.map(({ services }) => services.join(', ').length))
  for (const { services, image } of moved) stdout.write(`${services.join(', ').padEnd(columns)}  ${verb}ed ${image}\n`)
}
