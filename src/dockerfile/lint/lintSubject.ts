import type { Platform } from '../../ground/platform.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { Dockerfile } from '../dockerfile.ts'
import type { GlobalScope } from '../lower/globalScope.ts'
import type { PlannedStage, PlannedStep } from '../lower/plan.ts'
import type { LowerRequest, ResolvedImage } from '../lower/request.ts'
import type { StageState } from '../lower/stageState.ts'

/** What rules look at: a Dockerfile, and what became of it as far as it could be lowered for one platform. */
export interface LintSubject {
  readonly dockerfile: Dockerfile
  readonly request: LowerRequest
  /** What FROM can use; undefined where the global ARGs cannot be read. */
  readonly scope: GlobalScope | undefined
  /** All stages; empty where one of them cannot be read. */
  readonly planned: readonly PlannedStage[]
  /** The stage that is built; undefined before it is found. */
  readonly target: PlannedStage | undefined
  /** In the order in which they were lowered: stage by stage. */
  readonly steps: readonly LintedStep[]
  readonly images: readonly LintedImage[]
}

/** An instruction of a stage that is needed, and what the stage was before it. */
export interface LintedStep extends PlannedStep {
  readonly stage: PlannedStage
  readonly before: StageState
}

/** An image that was looked up. */
export interface LintedImage {
  readonly written: string
  readonly platform: Platform
  readonly found: ResolvedImage
  /** The FROM or the COPY that names it. */
  readonly span: SourceSpan
  readonly isBase: boolean
}

/** The stages that are needed, each with its steps. */
export function stepsByStage({ steps }: LintSubject): readonly { readonly stage: PlannedStage; readonly steps: readonly LintedStep[] }[] {
  return [...Map.groupBy(steps, ({ stage }) => stage.index).values()].flatMap((own) => {
    const stage = own[0]?.stage
    return stage === undefined ? [] : [{ stage, steps: own }]
  })
}
