import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'

/** 128 + the signal's number where a signal ended it, as a shell has it. @throws the spawn's own error (`ENOENT`, `EACCES`) */
export async function waitForExit(child: ChildProcess): Promise<number> {
  const [code, signalName] = (await once(child, 'exit')) as [number, null] | [null, NodeJS.Signals]
  return code ?? 128 + constants.signals[signalName]
}
