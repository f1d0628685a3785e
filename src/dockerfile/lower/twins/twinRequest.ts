import type { Graph, Output, TwinMode } from '../../../graph/vertex.ts'
import type { Platform } from '../../../ground/platform.ts'
import type { StageInstruction } from '../../instructions/instruction.ts'

/** Which native twins emulated steps are to have. */
export interface TwinKind {
  readonly mode: TwinMode
  /** Whether compilers are to have some, too. */
  readonly hasToolchain: boolean
}

/** That the steps of the target's platform, which is emulated, are to have native twins. */
export interface TwinRequest extends TwinKind {
  /** The same Dockerfile as it was lowered for a platform that runs natively, where that is built too: undefined has the twins from the base images alone. */
  readonly sibling: SiblingBuild | undefined
}

export interface SiblingBuild {
  readonly graph: Graph
  readonly stages: readonly SiblingStage[]
}

/** A stage with its files. */
export interface SiblingStage {
  readonly stage: { readonly index: number }
  readonly platform: Platform
  /** What it begins with; undefined is nothing. */
  readonly base: Output | undefined
  readonly steps: readonly { readonly instruction: Pick<StageInstruction, 'text'>; readonly before: Output | undefined }[]
}

/** The files from which a step's twins are taken. */
export interface TwinRoot {
  readonly mode: TwinMode
  readonly root: Output
  /** A root with cross compilers. */
  readonly toolchain: Output | undefined
}
