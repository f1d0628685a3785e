import type { Digest } from '../../ground/digest.ts'
import { BuildError, type ErrorKind } from '../../ground/errors.ts'
import type { RetryVerdict } from '../../kit/retry.ts'

/** `place` is what was asked, for people: `GitHub Actions Cache`, `S3 bucket "ci"`; never with a credential. */
export abstract class CachePlaceError extends BuildError {
  abstract override readonly kind: ErrorKind
  readonly place: string
  constructor(place: string, what: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(`${place}: ${what}`, options)
    this.place = place
  }
}

/** Nobody may do this with these credentials, or at all without any. */
export class CacheAccessDeniedError extends CachePlaceError {
  readonly kind = 'denied'
}

/** No answer, or one that says that the server has a bad day or has been asked too much. */
export class CachePlaceUnavailableError extends CachePlaceError {
  readonly kind = 'unavailable'
  /** Whether the same request may succeed in a moment. */
  readonly isTransient: boolean
  /** Undefined where the place did not say. */
  readonly retryAfterMs: number | undefined
  constructor(place: string, what: string, options: { isTransient: boolean; retryAfterMs?: number | undefined; hint?: string | undefined; cause?: unknown }) {
    super(place, what, options)
    this.isTransient = options.isTransient
    this.retryAfterMs = options.retryAfterMs
  }
}

/** A cache config names a blob that is not there: places forget what is old or too much. */
export class CacheBlobMissingError extends CachePlaceError {
  readonly kind = 'not-found'
  readonly digest: Digest
  constructor(place: string, digest: Digest) {
    super(place, `it does not have the blob ${digest} any more`, { hint: 'the next export puts it there again' })
    this.digest = digest
  }
}

/** What is asked for, such as the bucket, does not exist. */
export class CachePlaceMissingError extends CachePlaceError {
  readonly kind = 'not-found'
}

/** The place holds no more, or not something of this size. */
export class CacheQuotaError extends CachePlaceError {
  readonly kind = 'conflict'
}

/** The request was understood and refused for another reason. */
export class CachePlaceRefusedError extends CachePlaceError {
  readonly kind = 'conflict'
  readonly status: number
  constructor(place: string, status: number, what: string) {
    super(place, what)
    this.status = status
  }
}

/** What came is not what the place's protocol says. */
export class CachePlaceAnswerError extends CachePlaceError {
  readonly kind = 'corrupt'
}

/** Longer than this nobody waits for a cache. */
const LONGEST_RETRY_AFTER_MS = 60_000

export function judgeCachePlaceError(error: unknown): RetryVerdict {
  if (!(error instanceof CachePlaceUnavailableError) || !error.isTransient) return { kind: 'give-up' }
  if ((error.retryAfterMs ?? 0) > LONGEST_RETRY_AFTER_MS) return { kind: 'give-up' }
  return { kind: 'retry', afterMs: error.retryAfterMs }
}
