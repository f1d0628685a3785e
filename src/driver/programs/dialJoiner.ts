import { dialEngine, type Dialed, type DialFailure } from './dialEngine.ts'
import type { UserProgram } from './runProgram.ts'

export type JoinerDial =
  | Dialed
  /** The place is there, and has nothing that leads to its engine. */
  | { readonly kind: 'no-program'; readonly failure: DialFailure }

/** What joins its input and output to the engine of the place it runs in: BuildKit's own, then ours. */
const JOINERS = ['buildctl', 'pelago'] as const

/** How the OCI runtimes end where there is no such program. */
const NOT_FOUND: ReadonlySet<number> = new Set([126, 127])

/** A connection to the engine of a place that is there, in which `program` runs what follows `words`. @throws signal.reason */
export async function dialJoiner(program: UserProgram, words: readonly string[], signal: AbortSignal): Promise<JoinerDial> {
  let missing: DialFailure = { exitCode: 0, said: '' }
  for (const joiner of JOINERS) {
    const dialed = await dialEngine(program, [...words, joiner, 'dial-stdio'], signal)
    if (dialed.kind === 'engine' || !isMissing(dialed.failure)) return dialed
    missing = dialed.failure
  }
  return { kind: 'no-program', failure: missing }
}

/** Not every program passes on how the runtime ended. */
function isMissing({ exitCode, said }: DialFailure): boolean {
  return NOT_FOUND.has(exitCode) || said.includes('executable file not found')
}
