import { BuildError } from '../../../ground/errors.ts'
import { createIgnoreMatcher, type IgnoreMatcher } from '../../ignorefile.ts'
import { remoteKind } from '../../lower/steps/remoteSource.ts'
import { cleanPath } from '../../../ground/posixPath.ts'
import { expandQuietly } from '../expandQuietly.ts'
import type { LintSubject } from '../lintSubject.ts'
import { buildkitRule, type Finding } from '../rule.ts'

export const copyIgnoredFile = buildkitRule('CopyIgnoredFile', 'COPY and ADD take nothing that .dockerignore leaves out', findIgnored)

function findIgnored({ request, steps, dockerfile }: LintSubject): readonly Finding[] {
  const matcher = readMatcher(request.ignorePatterns)
  if (matcher === undefined) return []
  return steps.flatMap(({ instruction, before, source }) => {
    if (instruction.kind !== 'copy' || source.kind !== 'context') return []
    const paths = instruction.sources.flatMap((written) => expandQuietly(written, before.env, dockerfile.escape)?.text ?? [])
    return paths
      .filter(isPath)
      .map(cleanPath)
      .filter((path) => isLeftOut(path, matcher, request.ignorePatterns))
      .map((path) => ({ message: `${instruction.command === 'ADD' ? 'Add' : 'Copy'} of ${JSON.stringify(path)}, which .dockerignore leaves out`, span: instruction.span }))
  })
}

function isPath(text: string): boolean {
  try {
    return remoteKind(text) === undefined
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}

function readMatcher(patterns: readonly string[]): IgnoreMatcher | undefined {
  try {
    return patterns.length === 0 ? undefined : createIgnoreMatcher(patterns)
  } catch (error) {
    if (error instanceof BuildError) return undefined // a malformed pattern is for the build to report
    throw error
  }
}

/** A folder of which a `!` pattern may bring something back is not left out. */
function isLeftOut(path: string, matcher: IgnoreMatcher, patterns: readonly string[]): boolean {
  const relative = path.replace(/^\//, '')
  if (relative === '' || relative === '.') return patterns.some((pattern) => ['*', '**', '**/*'].includes(pattern)) && !patterns.some((pattern) => pattern.startsWith('!'))
  return matcher.ignoresWhole(relative)
}
