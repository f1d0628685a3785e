import { formatDuration } from '../render/measure.ts'
import { describeOutcome, isPassed, type TestResult, type TestRun } from './testRun.ts'

export interface JunitSuite {
  /** The image. */
  readonly name: string
  /** RFC 3339. */
  readonly startedAt: string
  readonly results: readonly TestResult[]
}

/** As the JUnit readers of CI services want it: one suite, a case for each platform and repetition; what did not start is an error, what failed a failure with the end of its output. */
export function formatJunit({ name, startedAt, results }: JunitSuite): string {
  const cases = results.flatMap((result) => casesOf(name, result))
  const count = (kind: Case['kind']): number => cases.filter((one) => one.kind === kind).length
  const seconds = cases.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000
  const facts = { name, tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped'), time: seconds.toFixed(3), timestamp: startedAt.replace(/\.\d+Z$|Z$/, '') }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite${attributes(facts)}>\n${cases.map(({ xml }) => xml).join('')}</testsuite>\n`
}

interface Case {
  readonly kind: 'passed' | 'failure' | 'error' | 'skipped'
  readonly durationMs: number
  readonly xml: string
}

function casesOf(suite: string, result: TestResult): readonly Case[] {
  if (result.kind === 'missing') {
    const body = `<${result.isAllowed ? 'skipped' : 'error'}${attributes({ message: result.why })}/>`
    return [{ kind: result.isAllowed ? 'skipped' : 'error', durationMs: 0, xml: formatCase(suite, result.platform, { durationMs: 0, body }) }]
  }
  const { on, runs } = result
  return runs.map((run, index) => {
    const { kind, body } = describeRun(run)
    const name = runs.length === 1 ? on.platform : `${on.platform} #${index + 1}`
    return { kind, durationMs: run.durationMs, xml: formatCase(suite, name, { durationMs: run.durationMs, body }) }
  })
}

function describeRun(run: TestRun): { readonly kind: Case['kind']; readonly body: string } {
  if (isPassed(run)) return { kind: 'passed', body: '' }
  const { outcome, output } = run
  const message = outcome.kind === 'not-started' ? outcome.message : describeOutcome(outcome, formatDuration)
  if (outcome.kind === 'cancelled') return { kind: 'skipped', body: `<skipped${attributes({ message })}/>` }
  const kind = outcome.kind === 'not-started' ? 'error' : 'failure'
  return { kind, body: `<${kind}${attributes({ message, type: outcome.kind })}>${escapeText(output.text)}</${kind}>` }
}

function formatCase(classname: string, name: string, { durationMs, body }: { readonly durationMs: number; readonly body: string }): string {
  const head = `  <testcase${attributes({ classname, name, time: (durationMs / 1000).toFixed(3) })}`
  return body === '' ? `${head}/>\n` : `${head}>\n    ${body}\n  </testcase>\n`
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values).map(([key, value]) => ` ${key}="${escapeText(String(value)).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`).join('')
}

/** XML 1.0 has no control characters and no lone surrogates; escape sequences of terminals go whole. */
function escapeText(text: string): string {
  const plain = text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r\n?/g, '\n')
  return plain
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
