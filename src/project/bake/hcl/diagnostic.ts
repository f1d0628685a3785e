import { BuildError } from '../../../ground/errors.ts'
import { formatSpan, type SourceSpan } from '../../../ground/sourceSpan.ts'
import { formatRange, spanOf, type SourceRange } from './sourceRange.ts'

/** One thing that is wrong in a file. */
export interface Diagnostic {
  /** A few words: `Unsupported attribute`. */
  readonly summary: string
  /** Whole sentences. */
  readonly detail: string
  readonly subject: SourceRange
}

/** What is wrong in files, all that was found at once. The message has the first of them and tells how many more there are. */
export class HclError extends BuildError {
  readonly kind = 'usage'
  readonly diagnostics: readonly [Diagnostic, ...Diagnostic[]]

  constructor(diagnostics: readonly [Diagnostic, ...Diagnostic[]]) {
    const more = diagnostics.length - 1
    super(formatDiagnostic(diagnostics[0]) + (more === 0 ? '' : `, and ${more} other diagnostic${more === 1 ? '' : 's'}`))
    this.diagnostics = diagnostics
  }

  /** Where the first of them is. */
  get span(): SourceSpan {
    return spanOf(this.diagnostics[0].subject)
  }
}

/** `docker-bake.hcl:3,5-9: Unsupported attribute; This object does not …`: one line. */
export function formatDiagnostic({ summary, detail, subject }: Diagnostic): string {
  return `${formatRange(subject)}: ${summary}; ${detail}`
}

/** All of an error's diagnostics, each with its source lines. */
export function formatDiagnostics(error: HclError): string {
  return error.diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n${formatSpan(spanOf(diagnostic.subject), 1)}`).join('\n')
}

/** @throws HclError unless there are none */
export function throwDiagnostics(diagnostics: readonly Diagnostic[]): void {
  const [first, ...rest] = diagnostics
  if (first !== undefined) throw new HclError([first, ...rest])
}
