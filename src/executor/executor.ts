import { BuildError } from '../ground/errors.ts'
import type { Platform } from '../ground/platform.ts'
import type { ExtraHost, NetworkMode, Ulimit } from '../graph/vertex.ts'
import { signalOf } from './exitReason.ts'

/** One process in a container of its own. Plain data: equal specs run the same process. */
export interface ProcessSpec {
  readonly platform: Platform
  readonly argv: readonly string[]
  /** `KEY=value`, the whole environment. */
  readonly env: readonly string[]
  /** More of it, that is never on a disk. */
  readonly secretEnv: readonly string[]
  /** Absolute, inside the root; made if it is missing. */
  readonly cwd: string
  /** '' is root; else as in Dockerfile's USER, looked up in the root's /etc/passwd and /etc/group. */
  readonly user: string
  /** Folder of the host that becomes `/`. */
  readonly rootfs: string
  readonly isRootReadonly: boolean
  /** A folder before what is mounted in it, else in order. Targets that are missing are made, and taken away again after the process. */
  readonly mounts: readonly ProcessMount[]
  readonly network: NetworkMode
  readonly security: 'sandbox' | 'insecure'
  readonly hostname: string
  readonly extraHosts: readonly ExtraHost[]
  readonly ulimits: readonly Ulimit[]
  readonly shmSizeBytes: number
  readonly cgroupParent: string
  /** Folders that are made on the way to a target stay in the root. Absent: they go with it. */
  readonly keepsMountParents?: true
  /** From where native twins of the emulated programs may be taken; undefined where every one is to be emulated. Counts for `run` alone. */
  readonly twins: TwinSource | undefined
}

/** The root file system of the same image for this machine's own platform: its tools stand in for those of the root that give the same output. */
export interface TwinSource {
  /** Folder of the host: all of it, which nobody changes meanwhile. */
  readonly rootfs: string
  /** Of the sibling: native here. */
  readonly platform: Platform
  /** A root of this machine's platform with cross compilers for the process's, whose inner programs stand in for those of the same compilers. */
  readonly toolchain?: { readonly rootfs: string } | undefined
}

/** How often a process of a step that was given twins was started natively, and how often emulated. For people: nothing is decided by it. */
export interface TwinUseCount {
  readonly native: number
  readonly emulated: number
  /** Why no twin could be offered at all. */
  readonly why?: string | undefined
  /** Of a process that was given a toolchain: why a compiler that its root has is emulated all the same. */
  readonly withoutToolchain?: string | undefined
}

export interface RunObserver {
  /** Once, at the end of a process whose spec has `twins`, however it ended. */
  twinsUsed(use: TwinUseCount): void
}

/** `target` is absolute, inside the root. */
export type ProcessMount = BindToHost | MemoryFolder | PrivateFile

/** A folder, file or socket of the host. What is mounted inside it may need a folder or file made in it for as long. */
export interface BindToHost {
  readonly kind: 'bind'
  readonly source: string
  readonly target: string
  readonly readonly: boolean
}

/** An empty folder that ends with the process. */
export interface MemoryFolder {
  readonly kind: 'tmpfs'
  readonly target: string
  readonly readonly: boolean
  /** 0 is the kernel's own: half of the memory. */
  readonly sizeBytes: number
}

/** A read-only file that is in memory alone, and for this process alone. */
export interface PrivateFile {
  readonly kind: 'file'
  readonly target: string
  readonly content: Uint8Array
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr'
  readonly bytes: Uint8Array
}

/** How a platform's programs run here. `emulator` is the program's name, such as `qemu-aarch64`. */
export type RunMode = { readonly kind: 'native' } | { readonly kind: 'emulated'; readonly emulator: string }

export interface Emulator {
  /** As in `RunMode`. */
  readonly name: string
  readonly path: string
  /** '' where it cannot be asked. */
  readonly version: string
}

export interface Executor {
  /** Pure look-up, fit to be asked before anything is pulled. @throws EmulatorMissingError */
  runMode(platform: Platform): RunMode
  /** The emulator that runs `platform`; undefined where it runs natively. @throws EmulatorMissingError */
  emulatorOf(platform: Platform, signal: AbortSignal): Promise<Emulator | undefined>
  /** What runs here, native ones first, the machine's own platform before all. */
  platforms(): readonly { readonly platform: Platform; readonly mode: RunMode }[]
  /**
   * Runs `spec` and yields its output as it comes, in order within each stream.
   * Stopping the iteration kills every process of the container; after an abort it throws `signal.reason`.
   * Where twins are asked for that cannot be given, it runs emulated, and tells the observer why.
   * @throws StepFailedError on an exit code other than 0; ProcessStartError where there is nothing to start
   */
  run(spec: ProcessSpec, signal: AbortSignal, observer?: RunObserver): AsyncIterable<OutputChunk>
  /** As `run`, with a standard input, perhaps a terminal; for `pelago run`. Exit code, not an error, at the end. */
  open(spec: ProcessSpec, terminal: TerminalSize | undefined, signal: AbortSignal): Promise<ContainerProcess>
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

export interface RunningProcess extends AsyncDisposable {
  /** With a terminal all is `stdout`. */
  readonly output: AsyncIterable<OutputChunk>
  write(bytes: Uint8Array): Promise<void>
  closeInput(): void
  resize(size: TerminalSize): void
  /** `SIGTERM` and the like, to the container's first process. */
  kill(signalName: NodeJS.Signals): void
  /** 128 + the signal's number where a signal ended it. */
  readonly exitCode: Promise<number>
  /** Once it has ended and its output was read: what to do about a failure that it does not explain itself; undefined where there is nothing to say. */
  explain(signal: AbortSignal): Promise<string | undefined>
}

/** The first process of a container: all others end with it. */
export interface ContainerProcess extends RunningProcess {
  /** Starts another one beside it, which sees the same files and processes. @throws ContainerEndedError; ProcessStartError, as what `exitCode` rejects with too */
  exec(spec: AddedProcess, terminal: TerminalSize | undefined, signal: AbortSignal): Promise<RunningProcess>
}

/** A process in a container that runs already. */
export type AddedProcess = Pick<ProcessSpec, 'argv' | 'env' | 'secretEnv' | 'cwd' | 'user' | 'security' | 'ulimits'>

export class StepFailedError extends BuildError {
  readonly kind = 'step-failed'
  readonly exitCode: number
  constructor(argv: readonly string[], exitCode: number, hint?: string) {
    const signalName = signalOf(exitCode)
    super(`process ${JSON.stringify(argv.join(' '))} did not complete successfully: exit code: ${exitCode}${signalName === undefined ? '' : ` (${signalName})`}`, { hint })
    this.exitCode = exitCode
  }
}

/** The program is not in the root file system, is not executable, or the user does not exist there. */
export class ProcessStartError extends BuildError {
  readonly kind = 'step-failed'
}

/** Its first process is over, and with it all that could be joined. */
export class ContainerEndedError extends BuildError {
  readonly kind = 'conflict'
  constructor() {
    super('the container has ended', { hint: 'start the process in a new one' })
  }
}

/** Neither this machine's CPU nor an emulator runs the platform. */
export class EmulatorMissingError extends BuildError {
  readonly kind = 'unavailable'
  readonly platform: Platform
  constructor(platform: Platform, message: string, hint: string) {
    super(message, { hint })
    this.platform = platform
  }
}
