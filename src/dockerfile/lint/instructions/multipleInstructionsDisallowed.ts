import { keywordOf } from '../keyword.ts'
import { stepsByStage, type LintedStep } from '../lintSubject.ts'
import { buildkitRule } from '../rule.ts'

const KINDS = ['cmd', 'entrypoint', 'healthcheck'] as const

/** Points at the one that is without effect. */
export const multipleInstructionsDisallowed = buildkitRule('MultipleInstructionsDisallowed', 'CMD, ENTRYPOINT and HEALTHCHECK stand once in a stage', (subject) =>
  stepsByStage(subject).flatMap(({ steps }) => KINDS.flatMap((kind) => overridden(steps.filter(({ instruction }) => instruction.kind === kind)))),
)

function overridden(steps: readonly LintedStep[]): readonly { readonly message: string; readonly span: LintedStep['instruction']['span'] }[] {
  return steps.slice(1).flatMap(({ instruction }, index) => {
    const earlier = steps[index]?.instruction
    return earlier === undefined ? [] : [{ message: `${keywordOf(instruction)} stands several times in the stage, and only the last one counts`, span: earlier.span }]
  })
}
