import type { Digest } from '../ground/digest.ts'
import { BuildError, type ErrorKind } from '../ground/errors.ts'
import { formatFamiliar, formatReference, type Reference } from '../ground/reference.ts'
import type { RetryVerdict } from '../kit/retry.ts'

/** What a registry may answer. `subject` is the host, the repository or the image that was asked for; never a credential. */
export abstract class RegistryError extends BuildError {
  abstract override readonly kind: ErrorKind
  readonly subject: string
  constructor(subject: string, what: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(`${subject}: ${what}`, options)
    this.subject = subject
  }
}

export class ImageNotFoundError extends RegistryError {
  readonly kind = 'not-found'
  constructor(reference: Reference) {
    const hint = `check name and tag; if the repository is private, run: pelago login ${reference.host}`
    super(formatFamiliar(reference), `there is no such image at ${reference.host}`, { hint })
  }
}

/** A manifest names a blob that its registry does not have. */
export class BlobMissingError extends RegistryError {
  readonly kind = 'not-found'
  constructor(subject: string) {
    super(subject, 'the registry does not have this blob', { hint: 'the image is incomplete there; push it again' })
  }
}

export class AuthenticationError extends RegistryError {
  readonly kind = 'denied'
  readonly host: string
  constructor(host: string, subject: string, why: string, cause?: unknown) {
    super(subject, why, { hint: `check that the name is right and that you may use it; to log in, run: pelago login ${host}`, cause })
    this.host = host
  }
}

/** What the registry told of a tag was not the digest of what came. It is known from then on: a second try, which does not believe it, may succeed. */
export class WrongDigestHeaderError extends RegistryError {
  readonly kind = 'corrupt'
  constructor(subject: string, told: Digest, actual: Digest) {
    super(subject, `the registry tells the digest ${told} and sends what has ${actual}`)
  }
}

/** No answer, or one that says that the server has a bad day. */
export class RegistryUnavailableError extends RegistryError {
  readonly kind = 'unavailable'
  /** Whether the same request may succeed in a moment. */
  readonly isTransient: boolean
  /** Undefined where the registry did not say. */
  readonly retryAfterMs: number | undefined
  constructor(subject: string, what: string, options: { isTransient: boolean; retryAfterMs?: number | undefined; hint?: string | undefined; cause?: unknown }) {
    super(subject, what, options)
    this.isTransient = options.isTransient
    this.retryAfterMs = options.retryAfterMs
  }
}

export class TooManyRequestsError extends RegistryError {
  readonly kind = 'unavailable'
  /** Undefined where the registry did not say. */
  readonly retryAfterMs: number | undefined
  constructor(host: string, subject: string, retryAfterMs: number | undefined, detail: string) {
    super(subject, `the registry refuses more requests for now${detail === '' ? '' : ` (${detail})`}`, { hint: `try again later; logged-in users often get more: pelago login ${host}` })
    this.retryAfterMs = retryAfterMs
  }
}

/** What a registry answers to a request that it does not take. */
export interface Refusal {
  readonly status: number
  /** OCI distribution-spec, "Error codes"; none where the body has none. */
  readonly codes: readonly string[]
  /** Codes and messages as text; '' where there are none. */
  readonly detail: string
}

/** The request was understood and refused: a manifest whose blobs are missing, a tag that may not be overwritten. */
export class RegistryRefusedError extends RegistryError {
  readonly kind = 'conflict'
  readonly refusal: Refusal
  constructor(subject: string, refusal: Refusal, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(subject, `the registry refused: ${describeRefusal(refusal)}`, options)
    this.refusal = refusal
  }
}

/**
 * The registry lacks what a manifest names, though it took it, or said to have it, just before. In a moment it may have
 * it: docker-registry writes the file that says so anew for each that pushes the same blob, and reads it empty meanwhile.
 */
export class ManifestIncompleteError extends RegistryRefusedError {
  constructor(subject: string, refusal: Refusal) {
    super(subject, refusal, { hint: 'it does not have all that the image names; push it again' })
  }
}

export function describeRefusal({ status, detail }: Refusal): string {
  return detail === '' ? `HTTP status ${status}` : detail
}

/** A manifest or index was refused for what it is, as far as the answer tells: its media type, or what it names. */
export class ManifestRefusedError extends RegistryRefusedError {
  readonly mediaType: string
  readonly digest: Digest
  constructor(subject: string, document: { readonly mediaType: string; readonly digest: Digest }, refusal: Refusal) {
    super(subject, refusal, { hint: `it does not take a manifest of the type ${document.mediaType}, or not this one` })
    this.mediaType = document.mediaType
    this.digest = document.digest
  }
}

/** Neither kind of index was taken. */
export class MultiPlatformRefusedError extends RegistryError {
  readonly kind = 'conflict'
  /** The last one first. */
  readonly refusals: readonly ManifestRefusedError[]
  constructor(reference: Reference, refusals: readonly ManifestRefusedError[]) {
    const told = refusals.map(({ mediaType, refusal }) => `${mediaType} (${describeRefusal(refusal)})`)
    const name = formatReference({ ...reference, digest: undefined })
    super(formatFamiliar(reference), `the registry cannot hold an image of several platforms: it refused ${told.join(' and ')}`, {
      hint: `give each platform a tag of its own: pelago build --platform linux/amd64 -t ${name}-amd64 --push . and so on`,
    })
    this.refusals = refusals
  }
}

/** Another has published under the tag since it was looked at. */
export class TagMovedError extends RegistryError {
  readonly kind = 'conflict'
  constructor(reference: Reference, was: Digest | undefined, now: Digest | 'another image' | undefined) {
    super(formatFamiliar({ ...reference, digest: undefined }), `it was changed in between: ${was ?? 'nothing'} before, ${now ?? 'nothing'} now`, { hint: 'see what was published, and do it again' })
  }
}

/** What came is no image of a kind that is known. */
export class UnsupportedImageError extends RegistryError {
  readonly kind = 'usage'
}

/** Longer than this nobody waits for a build; Docker Hub's limits last for hours. */
const LONGEST_RETRY_AFTER_MS = 60_000

export function judgeRegistryError(error: unknown): RetryVerdict {
  if (error instanceof ManifestIncompleteError) return { kind: 'retry', afterMs: undefined }
  const isWorthIt = error instanceof TooManyRequestsError || (error instanceof RegistryUnavailableError && error.isTransient)
  if (!isWorthIt || (error.retryAfterMs ?? 0) > LONGEST_RETRY_AFTER_MS) return { kind: 'give-up' }
  return { kind: 'retry', afterMs: error.retryAfterMs }
}
