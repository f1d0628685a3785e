import type { Digest } from '../ground/digest.ts'
import { BuildError, type ErrorKind } from '../ground/errors.ts'
import type { SourceSpan } from '../ground/sourceSpan.ts'
import type { Vertex } from '../graph/vertex.ts'

/** What an op failed with, and what in the build asked for it. Kind, message and hint are the cause's. */
export class VertexFailedError extends BuildError {
  readonly kind: ErrorKind
  readonly vertex: Digest
  readonly span: SourceSpan | undefined
  constructor({ digest, note }: Pick<Vertex, 'digest' | 'note'>, cause: BuildError) {
    super(cause.message, { hint: cause.hint, cause })
    this.kind = cause.kind
    this.vertex = digest
    this.span = note.span
  }
}
