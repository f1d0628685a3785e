import type { OutputChunk, RunMode } from '../executor.ts'
import { readQemuVersion } from './qemuVersion.ts'

/** Looks out for QEMU's own last words in the output of an emulated step. */
export interface CrashWatch {
  look(chunk: OutputChunk): void
  /** Whether a program of the step has died so. */
  hasCrashed(): boolean
  /** What to say under the failure; undefined where QEMU is not to blame. */
  hint(exitCode: number, signal: AbortSignal): Promise<string | undefined>
}

/** What QEMU prints when the program it runs dies of a signal that is often its own fault. */
const LAST_WORDS = 'qemu: uncaught target signal'
const SIGNAL_EXIT_CODES: ReadonlySet<number> = new Set([132, 134, 135, 139])

export function createCrashWatch(mode: RunMode, emulatorPath: string | undefined): CrashWatch {
  if (mode.kind === 'native' || emulatorPath === undefined) return { look: () => undefined, hasCrashed: () => false, hint: async () => undefined }
  let tail = ''
  let seen = false
  return {
    look({ stream, bytes }) {
      if (stream !== 'stderr' || seen) return
      const text = tail + Buffer.from(bytes).toString('latin1')
      seen = text.includes(LAST_WORDS)
      tail = text.slice(-LAST_WORDS.length) // the words may be cut in two by the chunks
    },
    hasCrashed: () => seen,
    async hint(exitCode, signal) {
      if (!seen && !SIGNAL_EXIT_CODES.has(exitCode)) return undefined
      const version = await readQemuVersion(emulatorPath, signal)
      return `the program crashed under ${mode.emulator}${version === '' ? '' : ` ${version}`}, which may be the emulator's fault: try a newer QEMU, a native builder, or FROM --platform=$BUILDPLATFORM with cross-compilation`
    },
  }
}
