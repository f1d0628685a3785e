import { InvalidValueError } from '../../src/ground/errors.ts'
import { CONTESTANTS } from '../contestants/contestant.ts'
import type { BenchReport, CaseResult, Outcome } from './result.ts'

/** Reads what `--output` has written. @throws InvalidValueError where it is something else, or of another version */
export function parseReport(text: string, path: string): BenchReport {
  const report = parseJson(text)
  if (!isReport(report)) throw new InvalidValueError(`not the results of benchmarks: ${JSON.stringify(path)}`, { hint: 'name a file that ./bench/run --output has written' })
  return report
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isReport(value: unknown): value is BenchReport {
  return isObject(value) && isObject(value['machine']) && isObject(value['versions']) && typeof value['startedAt'] === 'string' && isListOf(value['cases'], isCase)
}

function isCase(value: unknown): value is CaseResult {
  return isObject(value) && typeof value['scenario'] === 'string' && typeof value['case'] === 'string' && (value['scale'] === 'small' || value['scale'] === 'full') && isListOf(value['outcomes'], isOutcome)
}

function isOutcome(value: unknown): value is Outcome {
  if (!isObject(value) || !CONTESTANTS.some((name) => name === value['contestant'])) return false
  return value['kind'] === 'measured' ? isListOf(value['samples'], isSample) : (value['kind'] === 'refused' || value['kind'] === 'failed') && typeof value['reason'] === 'string'
}

function isSample(value: unknown): boolean {
  return isObject(value) && typeof value['wallMs'] === 'number'
}

function isListOf(value: unknown, is: (element: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
