import { expandQuietly } from '../expandQuietly.ts'
import type { LintedStep, LintSubject } from '../lintSubject.ts'
import { stepsByStage } from '../lintSubject.ts'
import { buildkitRule, type Finding } from '../rule.ts'

/** Only the first one of a stage, and of those that stand on it: with that mended, the others are right. */
export const workdirRelativePath = buildkitRule('WorkdirRelativePath', 'the first WORKDIR is absolute, so that it does not depend on the base image', findRelative)

function findRelative(subject: LintSubject): readonly Finding[] {
  const withWorkdir = new Set<number>()
  return stepsByStage(subject).flatMap(({ stage, steps }) => {
    const first = steps.find(({ instruction }) => instruction.kind === 'workdir')
    const isSetBefore = stage.base.kind === 'stage' && withWorkdir.has(stage.base.index)
    if (first !== undefined || isSetBefore) withWorkdir.add(stage.index)
    return first === undefined || isSetBefore ? [] : relative(first, subject)
  })
}

function relative({ instruction, before }: LintedStep, { dockerfile }: LintSubject): readonly Finding[] {
  if (instruction.kind !== 'workdir') return []
  const path = expandQuietly(instruction.path, before.env, dockerfile.escape)?.text ?? '/'
  const isAbsolute = before.platform.os === 'windows' ? /^(?:[a-zA-Z]:)?[\\/]/.test(path) : path.startsWith('/')
  return isAbsolute ? [] : [{ message: `the WORKDIR ${JSON.stringify(path)} is relative: where it is depends on the base image`, span: instruction.span }]
}
