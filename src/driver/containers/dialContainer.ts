import { dialEngine, type Dialed, type DialFailure } from '../programs/dialEngine.ts'
import { tellingLine } from '../programs/saidLine.ts'
import type { ContainerProgram } from './containerProgram.ts'

export type ContainerDial =
  | Dialed
  /** The container runs, and has nothing that leads to its engine. */
  | { readonly kind: 'no-program'; readonly failure: DialFailure }

/** What joins its input and output to the engine of the container: BuildKit's own, then ours. */
const JOINERS = ['buildctl', 'pelago'] as const

/** How the OCI runtimes end where there is no such program. */
const NOT_FOUND: ReadonlySet<number> = new Set([126, 127])

/** A connection to the engine in a container that is there. @throws signal.reason */
export async function dialContainer(program: ContainerProgram, container: string, signal: AbortSignal): Promise<ContainerDial> {
  let missing: DialFailure = { exitCode: 0, said: '' }
  for (const joiner of JOINERS) {
    const dialed = await dialEngine(program, ['exec', '-i', container, joiner, 'dial-stdio'], signal)
    if (dialed.kind === 'engine' || !NOT_FOUND.has(dialed.failure.exitCode)) return dialed
    missing = dialed.failure
  }
  return { kind: 'no-program', failure: missing }
}

export function formatDialFailure({ exitCode, said }: DialFailure): string {
  const line = tellingLine(said)
  return line === '' ? `exit code ${exitCode}` : line
}
