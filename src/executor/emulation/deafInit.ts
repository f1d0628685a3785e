import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'

/**
 * The first process of a container gets no signal that it does not handle, not even from itself. QEMU, when the program
 * it runs dies of one, says so, lets go of its handler, sends the signal to itself, and waits for an end that never
 * comes: the step would hang.
 */
export interface DeafInitWatch extends Disposable {
  /** QEMU has said that a program died; it may be the first process, or any other. Idempotent. */
  begin(): void
  /** The number of the signal that the first process waited for; undefined where it did not. */
  signal(): number | undefined
}

/** What is watched. */
export interface ContainerInit {
  /** Of its first process; undefined where that is not known, or gone. */
  initPid(): Promise<number | undefined>
  kill(signalName: NodeJS.Signals): void
}

const POLL_MS = 250
/** So often it must be found waiting: nothing else blocks all signals for so long. */
const TIMES = 2

/** Kills the container once its first process is found to wait so. */
export function createDeafInitWatch(emulatorPath: string | undefined, container: ContainerInit): DeafInitWatch {
  let timer: NodeJS.Timeout | undefined
  let found = 0
  let waitedFor: number | undefined
  const look = async (): Promise<void> => {
    const pid = await container.initPid()
    const signal = pid === undefined || emulatorPath === undefined ? undefined : await signalWaitedFor(pid, emulatorPath)
    found = signal === undefined ? 0 : found + 1
    if (found < TIMES || waitedFor !== undefined) return
    waitedFor = signal
    container.kill('SIGKILL')
  }
  return {
    begin() {
      timer ??= setInterval(() => void look().catch(() => undefined), POLL_MS) // it may have ended while it was looked at
      timer.unref()
    },
    signal: () => waitedFor,
    [Symbol.dispose]: () => {
      clearInterval(timer)
    },
  }
}

async function signalWaitedFor(pid: number, emulatorPath: string): Promise<number | undefined> {
  const [status, commandLine] = await Promise.all([readFile(`/proc/${pid}/status`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'latin1')])
  const program = commandLine.split('\0')[0] ?? ''
  return basename(program) === basename(emulatorPath) ? parseWaitedSignal(status) : undefined // a copy of it, where it looks for twins
}

const SIGKILL = 9
const SIGSTOP = 19
const STANDARD = Array.from({ length: 31 }, (_, index) => index + 1)

/** Of `/proc/PID/status`: the one signal that the sleeping first process of a namespace does not block; those that nobody can block do not count. */
export function parseWaitedSignal(status: string): number | undefined {
  const isFirst = /^NSpid:.*\s1$/m.test(status) && /^State:\s+S/m.test(status)
  const blocked = BigInt(`0x${/^SigBlk:\s+([0-9a-f]{16})$/m.exec(status)?.[1] ?? '0'}`)
  const open = STANDARD.filter((number) => number !== SIGKILL && number !== SIGSTOP && (blocked & (1n << BigInt(number - 1))) === 0n)
  return isFirst && open.length === 1 ? open[0] : undefined
}
