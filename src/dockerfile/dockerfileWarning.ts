import type { SourceSpan } from '../ground/sourceSpan.ts'

/** What builds, but perhaps not as it is meant. */
export interface DockerfileWarning {
  /** BuildKit's name for it: `LegacyKeyValueFormat`. */
  readonly rule: string
  /** One line. */
  readonly message: string
  readonly detail: readonly string[]
  /** Where the rule is explained. */
  readonly url: string
  readonly span: SourceSpan
}

export function createWarning(rule: string, message: string, span: SourceSpan): DockerfileWarning {
  const page = rule.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
  return { rule, message, detail: [], url: `https://docs.docker.com/go/dockerfile/rule/${page}/`, span }
}
