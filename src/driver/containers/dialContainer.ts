import type { DialFailure } from '../programs/dialEngine.ts'
import { dialJoiner, type JoinerDial } from '../programs/dialJoiner.ts'
import { tellingLine } from '../programs/saidLine.ts'
import type { ContainerProgram } from './containerProgram.ts'

/** A connection to the engine in a container that is there. @throws signal.reason */
export async function dialContainer(program: ContainerProgram, container: string, signal: AbortSignal): Promise<JoinerDial> {
  return await dialJoiner(program, ['exec', '-i', container], signal)
}

export function formatDialFailure({ exitCode, said }: DialFailure): string {
  const line = tellingLine(said)
  return line === '' ? `exit code ${exitCode}` : line
}
