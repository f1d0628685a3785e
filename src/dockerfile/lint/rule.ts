import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { LintSubject } from './lintSubject.ts'

/** One check of a Dockerfile. Pure: the same subject gives the same findings. */
export interface LintRule {
  /** By which it is skipped: `# check=skip=NAME`. */
  readonly name: string
  /** What is wrong, in general. */
  readonly description: string
  /** Undefined for BuildKit's rules that it explains nowhere. */
  readonly url: string | undefined
  /** Off unless it is asked for: `# check=experimental=NAME`. */
  readonly isExperimental: boolean
  /** In any order. Never throws: what cannot be read is for the build to report. */
  readonly check: (subject: LintSubject) => Iterable<Finding>
}

export interface Finding {
  readonly message: string
  readonly span: SourceSpan
}

/** A rule of BuildKit's, with its name and its page. */
export function buildkitRule(name: string, description: string, check: LintRule['check'], options: { readonly isExperimental?: boolean; readonly hasPage?: boolean } = {}): LintRule {
  const page = name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').replace(/^JSON/, 'json-').toLowerCase()
  const url = options.hasPage === false ? undefined : `https://docs.docker.com/go/dockerfile/rule/${page}/`
  return { name, description, url, isExperimental: options.isExperimental === true, check }
}

/** A rule of our own, explained in docs/checks.md. */
export function ownRule(name: string, description: string, check: LintRule['check'], options: { readonly isExperimental?: boolean } = {}): LintRule {
  return { name, description, url: `docs/checks.md#${name.toLowerCase()}`, isExperimental: options.isExperimental === true, check }
}
