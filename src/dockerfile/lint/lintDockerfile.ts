import { InvalidValueError } from '../../ground/errors.ts'
import type { SourceText } from '../../ground/sourceSpan.ts'
import { detectDirective } from '../directives.ts'
import { at, DockerfileError } from '../dockerfileError.ts'
import type { DockerfileWarning } from '../dockerfileWarning.ts'
import { DEFAULT_CHECK_OPTIONS, parseCheckOptions, parseRuleNames, unite, withComments, type CheckOptions } from './checkOptions.ts'
import type { LintSubject } from './lintSubject.ts'
import type { LintRule } from './rule.ts'
import { LINT_RULES } from './rules.ts'

/** What is asked for by the build arguments, else by the Dockerfile. @throws BuildError where it cannot be read */
export function readCheckOptions(source: SourceText, buildArgs: ReadonlyMap<string, string>): CheckOptions {
  const options = readBaseOptions(source, buildArgs)
  const experimental = buildArgs.get('BUILDKIT_DOCKERFILE_CHECK_EXPERIMENTAL')
  return experimental === undefined ? options : { ...options, experimental: unite(options.experimental, parseRuleNames(experimental)) }
}

function readBaseOptions(source: SourceText, buildArgs: ReadonlyMap<string, string>): CheckOptions {
  const given = buildArgs.get('BUILDKIT_DOCKERFILE_CHECK')
  const directive = detectDirective('check', source)
  if (given === undefined) return directive === undefined ? DEFAULT_CHECK_OPTIONS : at(directive.span, () => parseCheckOptions(directive.value))
  try {
    return parseCheckOptions(given)
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error
    throw new InvalidValueError(`BUILDKIT_DOCKERFILE_CHECK: ${error.message}`, { hint: error.hint, cause: error })
  }
}

/** What the rules that are asked for find, by line. */
export function lintDockerfile(subject: LintSubject, options: CheckOptions): readonly DockerfileWarning[] {
  const { source, tree } = subject.dockerfile
  const optionsOfLine = new Map(tree.instructions.map(({ span, comments }) => [span.startLine, withComments(options, comments)]))
  const warnings = LINT_RULES.filter((rule) => mayBeAskedFor(rule, options, optionsOfLine)).flatMap((rule) =>
    [...rule.check(subject)]
      .filter(({ span }) => span.source !== source || isAskedFor(rule, optionsOfLine.get(span.startLine) ?? options))
      .map(({ message, span }) => ({ rule: rule.name, message, description: rule.description, url: rule.url, span })),
  )
  return distinctWarnings(warnings).toSorted((a, b) => a.span.startLine - b.span.startLine)
}

function mayBeAskedFor(rule: LintRule, options: CheckOptions, ofLines: ReadonlyMap<number, CheckOptions>): boolean {
  return isAskedFor(rule, options) || [...ofLines.values()].some((own) => isAskedFor(rule, own))
}

function isAskedFor({ name, isExperimental }: LintRule, { skip, experimental }: CheckOptions): boolean {
  return isExperimental ? experimental === 'all' || experimental.has(name) : skip !== 'all' && !skip.has(name)
}

/** Each once: what several platforms have in common is said of all of them. */
export function distinctWarnings(warnings: readonly DockerfileWarning[]): readonly DockerfileWarning[] {
  return [...new Map(warnings.map((warning) => [`${warning.rule} ${warning.span.startLine} ${warning.message}`, warning])).values()]
}

/** What `error=true` makes of warnings; undefined where there are none. Points at the directive that asks for it. */
export function lintError(warnings: readonly DockerfileWarning[], { isError }: CheckOptions, source: SourceText): DockerfileError | undefined {
  if (!isError || warnings.length === 0) return undefined
  const rules = [...new Set(warnings.map(({ rule }) => rule))]
  const span = detectDirective('check', source)?.span ?? { source, startLine: 1, endLine: 1 }
  return new DockerfileError(`lint violation found for rules: ${rules.join(', ')}`, span, { hint: 'mend what the warnings say, or leave a rule out: # check=skip=NAME' })
}
