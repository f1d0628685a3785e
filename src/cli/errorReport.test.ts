import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BuildError, type ErrorKind, InvalidValueError } from '../ground/errors.ts'
import type { SourceSpan } from '../ground/sourceSpan.ts'
import { formatErrorReport } from './errorReport.ts'
import { containerExitCodeOf, exitCodeOf } from './exitCode.ts'

class FailingError extends BuildError {
  readonly kind: ErrorKind
  readonly span: SourceSpan | undefined
  constructor(kind: ErrorKind, span?: SourceSpan) {
    super('it failed', { hint: 'try again' })
    this.kind = kind
    this.span = span
  }
}

const SPAN: SourceSpan = { source: { filename: 'Dockerfile', text: 'FROM a\nRUN false\n' }, startLine: 2, endLine: 2 }
const view = { isDebug: false, enterStep: (step: string) => `pelago debug ${step}`, paint: (_: string, text: string) => text }

describe('formatErrorReport', () => {
  it('shows message and hint, and no stack', () => {
    assert.equal(formatErrorReport(new FailingError('denied'), view), 'ERROR: it failed\nhint: try again\n')
  })
  it('lets nothing of it move the cursor, ring, or colour what comes behind', () => {
    const error = new InvalidValueError('no image \u001b[2J"x\u0007"\nsecond line', { hint: 'call \u001b]0;title\u0007it y' })
    assert.equal(formatErrorReport(error, view), 'ERROR: no image "x"\nsecond line\nhint: call it y\n')
  })
  it('shows the lines of the Dockerfile', () => {
    const report = formatErrorReport(new FailingError('step-failed', SPAN), view)
    assert.match(report, /^ERROR: it failed\nDockerfile:2\n-+\n.*FROM a\n.*>>> RUN false\n/)
  })
  it('says how to look into a failed step', () => {
    const error = Object.assign(new FailingError('step-failed'), { failedStep: 'abc' })
    assert.equal(formatErrorReport(error, view), 'ERROR: it failed\nhint: try again\nhint: look into the step as it failed: pelago debug abc\n')
  })
  it('asks to report a bug', () => {
    const report = formatErrorReport(new TypeError('x is undefined'), view)
    assert.match(report, /^ERROR: TypeError: x is undefined\nThis is a bug in Pelago\..*--debug/)
    assert.doesNotMatch(report, /\n +at /)
  })
  it('shows stack and causes where it is asked to', () => {
    const report = formatErrorReport(new InvalidValueError('outer', { cause: new Error('inner') }), { ...view, isDebug: true })
    assert.match(report, /outer[^]*\n +at [^]*caused by: Error: inner\n +at /)
  })
})

describe('exitCodeOf', () => {
  const cases: readonly (readonly [ErrorKind, number])[] = [
    ['usage', 2], ['not-found', 1], ['denied', 1], ['conflict', 1], ['step-failed', 1], ['corrupt', 125], ['unavailable', 125],
  ]
  for (const [kind, code] of cases) it(`is ${code} for ${kind}`, () => assert.equal(exitCodeOf(new FailingError(kind)), code))
  it('is 1 for what has its place in a Dockerfile', () => assert.deepEqual([exitCodeOf(new FailingError('usage', SPAN)), exitCodeOf(new FailingError('unavailable', SPAN))], [1, 1]))
  it('is 125 for a bug', () => assert.equal(exitCodeOf(new TypeError('x')), 125))
})

describe('containerExitCodeOf', () => {
  it('is 127 where the program cannot be started', () => assert.equal(containerExitCodeOf(new FailingError('step-failed')), 127))
  it('is 125 for the rest', () => assert.equal(containerExitCodeOf(new FailingError('not-found')), 125))
})
