import { neutralize, neutralizeKeepingColor } from '../render/displayText.ts'
import { formatBytes, formatDuration, formatShortDuration } from '../render/measure.ts'
import { formatTable } from '../format/table.ts'
import { describeOutcome, hasFailed, isPassed, signalOf, type TestOutcome, type TestResult, type TestRun, timesOf } from './testRun.ts'

/** What the runs that failed have printed, each whole, or its end and where all of it is. */
export function formatFailedOutput(results: readonly TestResult[], { isColor }: { readonly isColor: boolean }): string {
  const clean = isColor ? neutralizeKeepingColor : neutralize
  return results.flatMap((result) => (result.kind === 'tested' ? failedRuns(result).map(({ run, name }) => formatRun(run, name, clean)) : [])).join('')
}

function failedRuns({ on, runs }: Extract<TestResult, { kind: 'tested' }>): readonly { readonly run: TestRun; readonly name: string }[] {
  return runs.map((run, index) => ({ run, name: runs.length === 1 ? on.platform : `${on.platform} #${index + 1}` })).filter(({ run }) => !isPassed(run) && run.outcome.kind !== 'cancelled')
}

function formatRun({ outcome, output }: TestRun, name: string, clean: (line: string) => string): string {
  const head = `--- ${name}: ${describeOutcome(outcome, formatDuration)} ---\n`
  const reason = outcome.kind === 'not-started' ? `${clean(outcome.message)}\n` : ''
  const cut = output.file === undefined ? '' : `(the end of ${formatBytes(output.sizeBytes)}; all of it is in ${output.file})\n`
  const lines = output.text === '' ? (reason === '' ? ['(it printed nothing)'] : []) : output.text.replace(/\n$/, '').split('\n')
  return `${head}${reason}${cut}${lines.map((line) => `${clean(line)}\n`).join('')}\n`
}

/** A row for each platform, what failed first. Times of emulated ones have a mark where there are native ones to be taken for. */
export function formatTestTable(results: readonly TestResult[], repeat: number): string {
  const ordered = [...results].sort((a, b) => rankOf(a) - rankOf(b))
  const headings = ['PLATFORM', 'RUNS', 'RESULT', ...(repeat === 1 ? ['TIME'] : ['MIN', 'MEDIAN', 'MAX'])]
  const table = formatTable(headings, ordered.map((result) => formatRow(result, repeat)))
  const hasEmulated = results.some((result) => result.kind === 'tested' && result.on.emulator !== '')
  return repeat > 1 && hasEmulated ? `${table}* emulated: no measure of what the program takes on such a machine\n` : table
}

function rankOf(result: TestResult): number {
  if (hasFailed(result)) return 0
  return result.kind === 'missing' ? 1 : 2
}

function formatRow(result: TestResult, repeat: number): readonly string[] {
  if (result.kind === 'missing') return [result.platform, '-', result.isAllowed ? `skipped: ${result.why}` : `missing: ${result.why}`]
  const { on, runs } = result
  const name = on.servedBy === '' ? on.platform : `${on.platform} (by ${on.servedBy})`
  const runsBy = on.emulator === '' ? 'natively' : `emulated by ${on.emulator}`
  if (repeat === 1) return [name, runsBy, ...runs.flatMap(({ outcome, durationMs }) => [describeOutcome(outcome, formatDuration), outcome.kind === 'exited' || outcome.kind === 'timed-out' ? formatShortDuration(durationMs) : '-'])]
  const times = timesOf(runs)
  const mark = on.emulator === '' ? '' : '*'
  const shown = times === undefined ? ['-', '-', '-'] : [times.minMs, times.medianMs, times.maxMs].map((time) => `${formatShortDuration(time)}${mark}`)
  return [name, runsBy, summarize(runs, repeat), ...shown]
}

/** `5/5 passed`, `3/5 passed, exit code 1` */
function summarize(runs: readonly TestRun[], repeat: number): string {
  const failures = new Set(runs.filter((run) => !isPassed(run)).map(({ outcome }) => describeOutcome(outcome, formatDuration)))
  return [`${runs.filter(isPassed).length}/${repeat} passed`, ...failures].join(', ')
}

export interface TestDocument {
  readonly reference: string
  readonly results: readonly TestResult[]
}

/** For machines. */
export function formatTestJson({ reference, results }: TestDocument): string {
  const platforms = results.map((result) => {
    if (result.kind === 'missing') return { platform: result.platform, passed: false, missing: result.why, skipped: result.isAllowed, runs: [] }
    const times = timesOf(result.runs)
    return {
      platform: result.on.platform,
      ...(result.on.servedBy === '' ? {} : { image: result.on.servedBy }),
      passed: !hasFailed(result),
      emulator: result.on.emulator === '' ? null : result.on.emulator,
      ...(times === undefined ? {} : { minMs: times.minMs, medianMs: times.medianMs, maxMs: times.maxMs }),
      runs: result.runs.map(({ outcome, durationMs, output }) => ({ ...outcomeJson(outcome), durationMs, ...(output.file === undefined ? { output: output.text } : { output: output.text, outputFile: output.file }) })),
    }
  })
  return `${JSON.stringify({ reference, passed: !results.some(hasFailed), platforms }, undefined, 2)}\n`
}

function outcomeJson(outcome: TestOutcome): Readonly<Record<string, string | number>> {
  switch (outcome.kind) {
    case 'exited': {
      const signal = signalOf(outcome.exitCode)
      return { outcome: outcome.kind, exitCode: outcome.exitCode, ...(signal === undefined ? {} : { signal }) }
    }
    case 'timed-out':
      return { outcome: outcome.kind, timeoutMs: outcome.timeoutMs }
    case 'not-started':
      return { outcome: outcome.kind, message: outcome.message }
    case 'cancelled':
      return { outcome: outcome.kind }
  }
}
