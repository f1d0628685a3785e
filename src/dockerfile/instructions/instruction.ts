import type { Healthcheck } from '../../ground/oci/imageConfig.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { Heredoc, KeyValue } from '../syntaxTree.ts'

/** What an instruction says, its shape checked, its variables not yet expanded. */
export type Instruction = FromInstruction | StageInstruction

/** What may stand in a stage. */
export type StageInstruction =
  | ArgInstruction
  | EnvInstruction
  | LabelInstruction
  | RunInstruction
  | CopyInstruction
  | WorkdirInstruction
  | UserInstruction
  | CommandInstruction
  | ExposeInstruction
  | VolumeInstruction
  | HealthcheckInstruction
  | StopsignalInstruction
  | ShellInstruction
  | OnbuildInstruction
  | MaintainerInstruction

interface InstructionBase {
  /** On one line, as written. */
  readonly text: string
  readonly span: SourceSpan
}

export interface FromInstruction extends InstructionBase {
  readonly kind: 'from'
  readonly base: string
  /** Of `--platform`; undefined where there is none. */
  readonly platform: string | undefined
  /** In lower case; '' where the stage has no name. */
  readonly stageName: string
}

export interface ArgInstruction extends InstructionBase {
  readonly kind: 'arg'
  readonly args: readonly ArgDefinition[]
}

export interface ArgDefinition {
  readonly name: string
  readonly defaultValue: string | undefined
}

export interface EnvInstruction extends InstructionBase {
  readonly kind: 'env'
  readonly pairs: readonly KeyValue[]
  /** `KEY value` instead of `KEY=value`. */
  readonly isLegacy: boolean
}

export interface LabelInstruction extends InstructionBase {
  readonly kind: 'label'
  readonly pairs: readonly KeyValue[]
  /** `KEY value` instead of `KEY=value`. */
  readonly isLegacy: boolean
}

export interface RunInstruction extends InstructionBase {
  readonly kind: 'run'
  readonly command: CommandLine
  /** The heredoc that the command is, where it is nothing else. */
  readonly script: Heredoc | undefined
  /** In order. */
  readonly mounts: readonly MountFlag[]
  /** Undefined: as the build has it. */
  readonly network: 'default' | 'host' | 'none' | undefined
  readonly security: 'sandbox' | 'insecure'
  readonly devices: readonly DeviceFlag[]
}

/** A device of the machine's that CDI describes. */
export interface DeviceFlag {
  /** `vendor.com/class=name` */
  readonly name: string
  readonly isRequired: boolean
}

/** A `--mount` with its variables not yet expanded. */
export interface MountFlag {
  readonly text: string
  readonly fields: readonly MountField[]
  /** Stage name, stage number or image; undefined where it names none. */
  readonly from: string | undefined
}

export interface MountField {
  /** In lower case. */
  readonly key: string
  /** Undefined where there is no `=`. */
  readonly value: string | undefined
  readonly text: string
}

/** The words of a JSON list, or one word that is for the shell. */
export interface CommandLine {
  readonly words: readonly string[]
  readonly isShell: boolean
}

export interface CopyInstruction extends InstructionBase {
  readonly kind: 'copy'
  readonly command: 'COPY' | 'ADD'
  /** Stage name, stage number or image; undefined is the build context. */
  readonly from: string | undefined
  /** Those that are paths and the like; heredocs come after them, and of both together there is one at least. */
  readonly sources: readonly string[]
  readonly heredocs: readonly Heredoc[]
  readonly target: string
  readonly chown: string | undefined
  readonly chmod: string | undefined
  /** Of `--exclude`, as in an ignore file. */
  readonly excludePatterns: readonly string[]
  /** `--link`: into a layer of its own, whatever it stands on. */
  readonly isLinked: boolean
  /** `--parents`. */
  readonly keepsParents: boolean
  /** Of `--checksum`: the digest of a downloaded file, or the commit of a git reference. */
  readonly checksum: string | undefined
  /** Of `--unpack`: undefined unpacks archives of the context, and no others. */
  readonly unpack: boolean | undefined
  /** Of `--keep-git-dir`. */
  readonly keepGitFolder: boolean | undefined
}

export interface WorkdirInstruction extends InstructionBase {
  readonly kind: 'workdir'
  readonly path: string
}

export interface UserInstruction extends InstructionBase {
  readonly kind: 'user'
  readonly user: string
}

export interface CommandInstruction extends InstructionBase {
  readonly kind: 'cmd' | 'entrypoint'
  readonly command: CommandLine
}

export interface ExposeInstruction extends InstructionBase {
  readonly kind: 'expose'
  /** Sorted. */
  readonly ports: readonly string[]
}

export interface VolumeInstruction extends InstructionBase {
  readonly kind: 'volume'
  readonly paths: readonly string[]
}

export interface HealthcheckInstruction extends InstructionBase {
  readonly kind: 'healthcheck'
  readonly healthcheck: Healthcheck
}

export interface StopsignalInstruction extends InstructionBase {
  readonly kind: 'stopsignal'
  readonly signal: string
}

export interface ShellInstruction extends InstructionBase {
  readonly kind: 'shell'
  readonly words: readonly string[]
}

export interface OnbuildInstruction extends InstructionBase {
  readonly kind: 'onbuild'
  /** An instruction, for the builds that begin with the image. */
  readonly trigger: string
}

export interface MaintainerInstruction extends InstructionBase {
  readonly kind: 'maintainer'
  readonly name: string
}
