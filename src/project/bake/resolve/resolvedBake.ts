import type { BakeGroup, BakeTarget } from '../bakeDefinition.ts'

/** What is to be built, all that is inherited and overridden put together. */
export interface ResolvedBake {
  /** Those that were asked for or met on the way; `default` is always there, and has what was asked for. */
  readonly groups: ReadonlyMap<string, BakeGroup>
  readonly targets: ReadonlyMap<string, ResolvedTarget>
  /** What is strange, and goes on as buildx has it: a sentence each. */
  readonly warnings: readonly string[]
}

export interface ResolvedTarget extends BakeTarget {
  readonly context: string
  readonly dockerfile: string
  /** Nobody asked for it: it is built as the context of another, and goes nowhere. */
  readonly isLinked: boolean
}
