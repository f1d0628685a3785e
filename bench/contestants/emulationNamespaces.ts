import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Argv } from '../measure/runMeasured.ts'

const HOME = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Words before a program that start it in namespaces such as Pelago's engine runs in, with the same emulators
 * registered there: the machine itself has none.
 */
export const ENTER_EMULATION = [join(HOME, 'native/build/pelago-ns'), '--', process.execPath, '--disable-warning=ExperimentalWarning', join(HOME, 'scripts/withEmulation.ts')] as const

/** Such namespaces, kept for a builder whose commands come one after the other and have no daemon there. */
export interface EmulationNamespaces extends AsyncDisposable {
  /** A command that runs `argv` in these namespaces; to enter them takes a millisecond or two. */
  readonly enter: (argv: Argv) => Argv
}

export async function openEmulationNamespaces(): Promise<EmulationNamespaces> {
  const [program, ...args] = [...ENTER_EMULATION, 'sh', '-c', 'echo ready && exec sleep infinity']
  const holder = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(holder, 'exit')
  const started = await Promise.race([once(holder.stdout, 'data'), ended.then(() => undefined)])
  if (started === undefined || holder.pid === undefined) throw new Error('no namespaces with emulators can be had on this machine')
  const target = youngestOf(holder.pid)
  return {
    enter: (argv) => ['nsenter', '--user', '--mount', '--pid', '--preserve-credentials', `--target=${target}`, '--', ...argv],
    async [Symbol.asyncDispose]() {
      holder.kill()
      await ended
    },
  }
}

/** The process at the end of the line that begins at `pid`, in this process's count. */
function youngestOf(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return child === undefined || child === '' ? pid : youngestOf(Number(child))
}
