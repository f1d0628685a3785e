import { redactUrls } from '../../ground/urlText.ts'
import { BuildError, type ErrorKind } from '../../ground/errors.ts'

/** What a build takes from somewhere else could not be had. Names the URL without what is secret in it. */
export class RemoteSourceError extends BuildError {
  readonly kind: ErrorKind
  /** Without credentials. */
  readonly url: string
  constructor(url: string, what: string, options: { readonly kind: ErrorKind; readonly hint?: string | undefined; readonly cause?: unknown }) {
    const shown = redactUrls(url)
    super(`${shown}: ${what}`, options)
    this.kind = options.kind
    this.url = shown
  }
}

/** What came is not what was asked for. */
export class ChecksumMismatchError extends RemoteSourceError {
  readonly expected: string
  readonly actual: string
  constructor(url: string, { expected, actual }: { readonly expected: string; readonly actual: string }, what = 'digest mismatch') {
    super(url, `${what}: it is ${actual}, expected ${expected}`, { kind: 'corrupt', hint: 'the source has changed, or the checksum is of something else: check which, and write the right one' })
    this.expected = expected
    this.actual = actual
  }
}
