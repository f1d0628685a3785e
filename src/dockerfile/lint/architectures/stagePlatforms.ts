import type { FromInstruction } from '../../instructions/instruction.ts'
import type { PlannedStage } from '../../lower/plan.ts'
import type { LintSubject } from '../lintSubject.ts'

/** The stage at the bottom of those that `stage` stands on, whose FROM names an image and decides on the platform of all. */
export function bottomOf(stage: PlannedStage, subject: Pick<LintSubject, 'planned'>): PlannedStage {
  const { base } = stage
  const below = base.kind === 'stage' ? subject.planned.find(({ index }) => index === base.index) : undefined
  return below === undefined || below.index >= stage.index ? stage : bottomOf(below, subject)
}

/** Whether the platform of a stage is the target's, and another for each that is built. */
export function isForTarget({ platform }: FromInstruction): boolean {
  return platform === undefined || platform.includes('TARGET')
}
