import type { Digest } from '../../ground/digest.ts'
import { BuildError, type ErrorKind } from '../../ground/errors.ts'

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

/** More requests than the place takes for now. */
export class CacheRequestsLimitedError extends CachePlaceUnavailableError {
  constructor(place: string, what: string, retryAfterMs: number | undefined) {
    super(place, what, { isTransient: true, retryAfterMs, hint: 'try again later; fewer builds at a time ask for less' })
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
  /** By the place's protocol; '' where it did not tell one. */
  readonly code: string
  constructor(place: string, code: string, what: string, options: { hint?: string | undefined } = {}) {
    super(place, what, options)
    this.code = code
  }
}

/** The place holds no more, or not something of this size. */
export class CacheQuotaError extends CachePlaceError {
  readonly kind = 'conflict'
}

/** The request was understood and refused for another reason. */
export class CachePlaceRefusedError extends CachePlaceError {
  readonly kind = 'conflict'
  readonly status: number
  constructor(place: string, status: number, what: string, options: { hint?: string | undefined } = {}) {
    super(place, what, options)
    this.status = status
  }
}

/** What came is not what the place's protocol says. */
export class CachePlaceAnswerError extends CachePlaceError {
  readonly kind = 'corrupt'
}
