import { BuildError } from '../ground/errors.ts'
import type { Crun } from './crun.ts'
import type { TerminalSize } from './executor.ts'

export class RuntimeMissingError extends BuildError {
  readonly kind = 'unavailable'
}

export interface RuntimePrograms {
  readonly crun: Crun
  /** `pelago-ns`; undefined where it is not built. */
  readonly namespaceProgram: string | undefined
}

export interface RuntimeCall {
  /** `run` and the like, with their options. */
  readonly words: readonly string[]
  readonly id: string
  /** Where the runtime says what went wrong, in JSON. */
  readonly logPath: string
  /** On which a terminal is handed over. */
  readonly socketPath: string
  readonly terminal: TerminalSize | undefined
}

/** Starts a process that the runtime stays with. @throws RuntimeMissingError where a terminal cannot be made */
export function runtimeArgv({ crun, namespaceProgram }: RuntimePrograms, { words, id, logPath, socketPath, terminal }: RuntimeCall): readonly [string, ...string[]] {
  const log = [`--log=file:${logPath}`, '--log-format=json']
  if (terminal === undefined) return [...crun.argv, ...log, ...words, id]
  if (namespaceProgram === undefined) throw new RuntimeMissingError('a terminal needs pelago-ns, which is not built', { hint: 'run make -C native' })
  const size = `${terminal.columns}x${terminal.rows}`
  return [namespaceProgram, '--pty', size, '--console-socket', socketPath, '--', ...crun.argv, ...log, ...words, '--console-socket', socketPath, id]
}
