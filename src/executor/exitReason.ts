import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { posix } from 'node:path'

/** Signals that end a program which does not expect them; an exit code of 128 and more says that one of them did. */
const FATAL = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGSEGV', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGXCPU', 'SIGXFSZ', 'SIGSYS'] as const
const SIGNALS: ReadonlyMap<number, string> = new Map(FATAL.map((name) => [128 + constants.signals[name], name]))

/** `SIGKILL` for 137; undefined where the code names no signal. */
export function signalOf(exitCode: number): string | undefined {
  return SIGNALS.get(exitCode)
}

export interface Exit {
  readonly argv: readonly string[]
  readonly exitCode: number
  /** Whether the kernel has killed for lack of memory while it ran. */
  readonly isMemoryShort: boolean
}

const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

/** What to do about it; undefined where the step's own output says it best. */
export function exitHint({ argv, exitCode, isMemoryShort }: Exit): string | undefined {
  if (signalOf(exitCode) === 'SIGKILL') {
    return isMemoryShort
      ? 'the machine ran out of memory, and the kernel killed what took most: give it more, or let the step do less at once, such as make -j2'
      : 'something killed it from outside, most often the kernel for lack of memory: see dmesg'
  }
  if (!['sh', 'bash', 'ash', 'dash'].includes(posix.basename(argv[0] ?? ''))) return undefined
  if (exitCode === NOT_FOUND) return 'the shell did not find a command: install it in a step before, or look at its spelling and at PATH'
  if (exitCode === NOT_EXECUTABLE) return 'the shell found a command that it cannot run: is it executable, and made for this platform?'
  return undefined
}

/** How often the kernel has killed for lack of memory since it was started; 0 where it does not tell. */
export function readMemoryKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0)
}
