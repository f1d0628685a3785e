import { parseGoBoolean } from '../../ground/goBoolean.ts'
import type { Output } from '../../graph/vertex.ts'
import type { GlobalScope } from './globalScope.ts'
import type { PlannedStage } from './plan.ts'
import type { StageState } from './stageState.ts'

/** What an SBOM is to tell besides the result, as a stage's arguments say it. */
export interface StageScan {
  readonly isScanned: boolean
  /** Undefined unless the build context is to be told of. */
  readonly context: Output | undefined
}

/** BuildKit's arguments, of the stage or of all: `true`, or the names of stages between commas. */
export function isScanWanted(argument: 'BUILDKIT_SBOM_SCAN_STAGE' | 'BUILDKIT_SBOM_SCAN_CONTEXT', stage: PlannedStage, { buildArgs }: StageState, { variables }: GlobalScope): boolean {
  const isOwn = stage.steps.some(({ instruction }) => instruction.kind === 'arg' && instruction.args.some(({ name }) => name === argument))
  const value = (isOwn ? buildArgs.get(argument) : undefined) ?? variables.get(argument) ?? ''
  return parseGoBoolean(value) === true || (stage.from.stageName !== '' && value.split(',').includes(stage.from.stageName))
}
