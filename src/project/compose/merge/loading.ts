import type { Environment } from '../environment.ts'
import type { Mistake } from '../mistakes.ts'
import type { ProjectFiles } from '../projectFiles.ts'
import type { MapNode } from '../yaml/node.ts'

/** What is the same for all files of a project. */
export interface Loading {
  readonly files: ProjectFiles
  readonly interpolates: boolean
  /** What is looked at of a document; all of it, where this is not given. */
  readonly select?: (document: MapNode) => MapNode
  /** Told when all files are read, so that no mistake hides another. */
  readonly mistakes: Mistake[]
  readonly warn: (text: string) => void
  readonly signal: AbortSignal
}

/** Files that make one model, and what their texts are seen from. */
export interface Origin {
  /** Of relative paths, and of the files that `extends` and `include` name; absolute. */
  readonly folder: string
  readonly environment: Environment
  /** Files that are being included, outermost first. */
  readonly includedBy: readonly string[]
}
