import { expandForAnyTarget } from '../../lower/targetVariables.ts'
import type { LintedStep, LintSubject } from '../lintSubject.ts'
import { readMountQuietly } from '../readMountQuietly.ts'
import { ownRule, type Finding } from '../rule.ts'
import { bottomOf, isForTarget } from './stagePlatforms.ts'

/** Without an id, a cache is a platform's own. */
export const sharedCacheMount = ownRule('SharedCacheMount', 'a cache mount with an id of its own is not shared by platforms, whose programs would break each other\'s files', (subject) =>
  subject.request.isMultiPlatform ? subject.steps.flatMap((step) => findShared(step, subject)) : [],
)

/** What these hold is the same for all platforms: sources and packages as they come. */
const PORTABLE = /\/(?:pkg\/mod|\.m2|\.npm|\.yarn|\.composer|\.nuget|\.gradle|\.ivy2|cargo\/registry|\.cargo\/registry|\.cargo\/git|cargo\/git|pnpm\/store|\.pnpm-store)(?:\/|$)/

function findShared({ instruction, stage, before }: LintedStep, subject: LintSubject): readonly Finding[] {
  if (instruction.kind !== 'run' || !isForTarget(bottomOf(stage, subject).from)) return []
  return instruction.mounts.flatMap((mount) => {
    const options = readMountQuietly(mount, (text) => text)
    if (options?.type !== 'cache' || options.id === '' || PORTABLE.test(`${options.target}/`)) return []
    const dependsOnTarget = expandForAnyTarget(options.id, before.env, before.targetVariables, subject.dockerfile.escape) !== undefined
    if (dependsOnTarget) return []
    return [{ message: `the cache ${JSON.stringify(options.id)} is shared by all platforms: write id=${options.id}-$TARGETPLATFORM, with ARG TARGETPLATFORM before, or leave the id out`, span: instruction.span }]
  })
}
