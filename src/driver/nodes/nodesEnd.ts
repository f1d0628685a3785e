import { BuildError, type ErrorKind } from '../../ground/errors.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'

/** A failure that ends a build, with what is known of it. */
type Failure = BuildError & { readonly span?: SourceSpan | undefined; readonly failedStep?: string | undefined; readonly failedNode?: string | undefined }

/** What a build's failure on one of several nodes is to its client: the same, with whose it is. */
export class FailedOnNodeError extends BuildError {
  readonly kind: ErrorKind
  readonly span: SourceSpan | undefined
  readonly failedStep: string | undefined
  /** The name of the node that keeps the failed step. */
  readonly failedNode: string
  constructor(cause: Failure, node: string) {
    super(cause.message, { ...(cause.hint !== undefined && { hint: cause.hint }), cause })
    this.kind = cause.kind
    this.span = cause.span
    this.failedStep = cause.failedStep
    this.failedNode = node
  }
}

/** The connection to a node is gone, and no other node takes its place. */
export class NodeLostError extends BuildError {
  readonly kind = 'unavailable'
}

/** An engine that is no Pelago was chosen for what only Pelago does. */
export class OwnFlagRefusedError extends BuildError {
  readonly kind = 'usage'
}

export interface FailedPlatform {
  readonly platform: Platform
  readonly error: Failure
}

/** Some platforms of a build that was to go on failed: of the others nothing is put together. */
export class PlatformsFailedError extends BuildError {
  readonly kind: ErrorKind
  readonly span: SourceSpan | undefined
  readonly failedStep: string | undefined
  readonly failedNode: string | undefined
  constructor([first, ...others]: readonly [FailedPlatform, ...FailedPlatform[]], built: readonly Platform[]) {
    const failed = [first, ...others]
    const names = built.map(formatPlatform).join(', ')
    super(`${failed.length} of ${failed.length + built.length} platforms failed:\n${failed.map(({ platform, error }) => `  ${formatPlatform(platform)}: ${error.message}`).join('\n')}`, {
      hint: `${names === '' ? 'nothing' : `${names} ${built.length === 1 ? 'is' : 'are'}`} built, and ${names === '' ? '' : 'in the cache; '}nothing was tagged or written as a whole${first.error.hint === undefined ? '' : `; ${first.error.hint}`}`,
      cause: first.error,
    })
    this.kind = first.error.kind
    this.span = first.error.span
    this.failedStep = first.error.failedStep
    this.failedNode = first.error.failedNode
  }
}
