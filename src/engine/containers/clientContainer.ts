import type { AddedProcess, RunningProcess, TerminalSize } from '../../executor/executor.ts'
import type { ExecOp, SecretVariable } from '../../graph/vertex.ts'
import type { Platform } from '../../ground/platform.ts'
import type { ResultId } from '../../solver/op.ts'
import type { FolderFiles } from '../build/resultFiles.ts'

/** A container that a client fills with processes of its own. */
export interface ClientContainerRequest {
  /** Undefined is the engine's own. */
  readonly platform: Platform | undefined
  /** What is mounted, and the network; of the rest each process says what it wants. */
  readonly exec: Pick<ExecOp, 'mounts' | 'network' | 'hostname' | 'extraHosts'>
  /** What the mounts show. */
  readonly inputs: readonly ResultId[]
  /** What the user lets the build do. */
  readonly entitlements: readonly string[]
}

export interface ContainerProcessRequest extends Omit<AddedProcess, 'secretEnv'> {
  readonly secretEnv: readonly SecretVariable[]
  readonly terminal: TerminalSize | undefined
}

/** What is written in it is there for its processes, and gone when it is disposed, which ends them. */
export interface ClientContainer extends AsyncDisposable {
  /** The first one begins the container; those that are started while it runs see its processes, too. @throws EntitlementMissingError; SecretNotFoundError; ProcessStartError */
  start(request: ContainerProcessRequest, signal: AbortSignal): Promise<RunningProcess>
  /** What is mounted at a place, as the processes have it by now. @throws ResultFileError where no files are mounted there */
  files(mountIndex: number): FolderFiles
}
