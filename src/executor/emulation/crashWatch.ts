import type { OutputChunk } from '../executor.ts'
import { findKnownCrash } from './knownCrashes.ts'
import { parseQemuVersion, readQemuVersion } from './qemuVersion.ts'

/** Looks out for QEMU's own last words in the output of an emulated step. */
export interface CrashWatch {
  look(chunk: OutputChunk): void
  /** Whether a program of the step has died so. */
  hasCrashed(): boolean
  /** What to say under a failure whose output ends so; undefined where QEMU is not to blame. */
  hint(failure: { readonly exitCode: number; readonly output: string }, signal: AbortSignal): Promise<string | undefined>
}

export interface WatchedEmulator {
  /** As people know it: `qemu-aarch64`. */
  readonly name: string
  readonly path: string
  /** What it emulates. */
  readonly architecture: string
}

/** What QEMU prints when the program it runs, or it itself, dies of a signal that is often its own fault. */
const LAST_WORDS = ['qemu: uncaught target signal', 'QEMU internal SIG'] as const
const LONGEST = Math.max(...LAST_WORDS.map(({ length }) => length))
const SIGNAL_EXIT_CODES: ReadonlySet<number> = new Set([132, 134, 135, 139])

/** `emulator` is undefined for what runs natively. */
export function createCrashWatch(emulator: WatchedEmulator | undefined): CrashWatch {
  if (emulator === undefined) return { look: () => undefined, hasCrashed: () => false, hint: async () => undefined }
  let tail = ''
  let seen = false
  return {
    look({ bytes }) {
      if (seen) return
      const text = tail + Buffer.from(bytes).toString('latin1')
      seen = LAST_WORDS.some((words) => text.includes(words))
      tail = text.slice(-LONGEST) // the words may be cut in two by the chunks
    },
    hasCrashed: () => seen,
    hint: async ({ exitCode, output }, signal) => await explainCrash(emulator, { hasCrashed: seen || SIGNAL_EXIT_CODES.has(exitCode), exitCode, output }, signal),
  }
}

interface Crash {
  readonly hasCrashed: boolean
  readonly exitCode: number
  readonly output: string
}

async function explainCrash({ name, path, architecture }: WatchedEmulator, { hasCrashed, exitCode, output }: Crash, signal: AbortSignal): Promise<string | undefined> {
  const version = await readQemuVersion(path, signal)
  const emulator = version === '' ? name : `${name} ${version}`
  const known = findKnownCrash({ output, architecture, hasCrashed, version: parseQemuVersion(version) })
  if (known !== undefined) {
    const newer = known.mendedIn === undefined ? '' : `install QEMU ${known.mendedIn.join('.')} or newer, or `
    return `${known.what} (under ${emulator}): ${newer}${known.remedy}; see ${known.source}`
  }
  if (!hasCrashed) return undefined
  const isIllegal = exitCode === ILLEGAL_INSTRUCTION || output.includes('target signal 4')
  const advice = isIllegal ? 'an instruction that it does not know: ENV QEMU_CPU=max shows it all that it has; else ' : ''
  return `the program crashed under ${emulator}, which may be the emulator's fault: ${advice}try a newer QEMU, a native builder, or FROM --platform=$BUILDPLATFORM with cross-compilation`
}

/** 128 + SIGILL */
const ILLEGAL_INSTRUCTION = 132
