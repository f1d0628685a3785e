import type { SourceSpan } from '../ground/sourceSpan.ts'

/** What builds, but perhaps not as it is meant. */
export interface DockerfileWarning {
  /** BuildKit's name for it: `LegacyKeyValueFormat`. */
  readonly rule: string
  /** One line: what it is here. */
  readonly message: string
  /** One line: what it is in general. */
  readonly description: string
  /** Where the rule is explained; undefined where it is nowhere. */
  readonly url: string | undefined
  readonly span: SourceSpan
}

/** As BuildKit puts it for its clients: with rule and line. */
export function formatWarning({ rule, message, span }: DockerfileWarning): string {
  return `${rule}: ${message} (line ${span.startLine})`
}
