import { formatTable } from '../../src/cli/format/table.ts'
import { TITLES } from '../contestants/contestant.ts'
import type { Measure } from '../measure/sample.ts'
import { compareOutcomes, type Standing } from '../results/compare.ts'
import type { CaseResult, Outcome } from '../results/result.ts'
import type { Summary } from '../results/statistics.ts'

export const HEADINGS = ['case', 'builder', 'wall', 'least–most', 'CPU', 'memory', '× BuildKit', '× its CPU', '× its memory'] as const

const MIB = 1024 * 1024

/** The cases of one scenario, aligned for a terminal; below them who did not take part, and why. */
export function formatResultTable(cases: readonly CaseResult[]): string {
  return formatTable(HEADINGS, cases.flatMap(resultRows)) + absences(cases).map((line) => `${line}\n`).join('')
}

/** A row a builder; the case stands in its first only. */
export function resultRows({ case: name, outcomes }: CaseResult): readonly (readonly string[])[] {
  return compareOutcomes(outcomes).map((standing, index) => [index === 0 ? name : '', TITLES[standing.contestant], ...standingCells(standing)])
}

/** `Buildah, 2 platforms and 5 platforms: needs …`: a line for each builder and reason. */
export function absences(cases: readonly CaseResult[]): readonly string[] {
  const absent = cases.flatMap(({ case: name, outcomes }) => outcomes.flatMap((outcome) => (outcome.kind === 'measured' ? [] : [{ name, key: `${TITLES[outcome.contestant]}|${formatReason(outcome)}` }])))
  return [...Map.groupBy(absent, ({ key }) => key)].map(([key, group]) => {
    const [title = '', reason = ''] = key.split('|', 2)
    return `${title}, ${group.map(({ name }) => name).join(' and ')}: ${reason}`
  })
}

function standingCells({ figures, ratios }: Standing): readonly string[] {
  const ratio = (measure: Measure): string => ratios[measure]?.toFixed(2) ?? '–'
  return [formatMedian(figures.wallMs, formatMs), formatSpread(figures.wallMs), formatMedian(figures.cpuMs, formatMs), formatMedian(figures.peakBytes, formatMib), ratio('wallMs'), ratio('cpuMs'), ratio('peakBytes')]
}

/** One line, whatever a builder printed. */
function formatReason(outcome: Exclude<Outcome, { kind: 'measured' }>): string {
  if (outcome.kind === 'refused') return outcome.reason
  const lines = outcome.reason.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('hint:'))
  return `failed: ${lines.at(-1) ?? ''}`
}

function formatMedian(summary: Summary | undefined, format: (value: number) => string): string {
  return summary === undefined ? '–' : format(summary.median)
}

function formatSpread(summary: Summary | undefined): string {
  return summary === undefined ? '–' : `${formatMs(summary.least)}–${formatMs(summary.most)}`
}

/** Three digits that count: `87 ms`, `1.24 s`, `183 s`. */
export function formatMs(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds.toFixed(0)} ms`
  const seconds = milliseconds / 1_000
  return `${seconds.toFixed(seconds < 10 ? 2 : seconds < 100 ? 1 : 0)} s`
}

function formatMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`
}
