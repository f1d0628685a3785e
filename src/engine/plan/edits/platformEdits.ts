import type { DockerfileWarning } from '../../../dockerfile/dockerfileWarning.ts'
import { isSamePlatform } from '../../../ground/platform.ts'
import type { EditRule, EditSubject } from './editSubject.ts'

/** Lint's own rules, of what is slow or wrong because of a platform. The rest is for `build --check`. */
const RULES: ReadonlySet<string> = new Set(['EmulatedCompiler', 'BuildPlatformResult', 'IgnoredStagePlatform', 'SharedCacheMount', 'FromPlatformFlagConstDisallowed', 'HardcodedTargetArch', 'ArchProbeOnBuildPlatform'])

/** What a build's checks find, with what that costs. */
export const platformEdits: EditRule = (subject) =>
  subject.warnings.filter((warning) => RULES.has(warning.rule) && !isForItsOwnPlatform(warning, subject)).map(({ rule, message, span: { startLine, endLine } }) => {
    const lines = { startLine, endLine }
    const { nativeMs, nativeSteps, emulatedMs, emulatedSteps } = subject.timeOf(lines)
    const each = nativeSteps === 0 ? undefined : nativeMs / nativeSteps
    const savedMs = each === undefined ? undefined : Math.round(emulatedMs - emulatedSteps * each)
    return { id: rule, message, lines, savesMs: rule === 'EmulatedCompiler' && savedMs !== undefined && savedMs > 0 ? savedMs : undefined }
  })

/** A constant that is the one platform that is built for harms nobody now. */
function isForItsOwnPlatform({ rule, span }: DockerfileWarning, { dockerfile, targets }: EditSubject): boolean {
  const platform = dockerfile.planned.find(({ from }) => from.span.startLine === span.startLine)?.platform
  return rule === 'FromPlatformFlagConstDisallowed' && platform !== undefined && targets.every((target) => isSamePlatform(target, platform))
}
