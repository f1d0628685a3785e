import { formatTable } from '../../src/cli/format/table.ts'
import { TITLES, type ContestantName } from '../contestants/contestant.ts'
import type { Measure } from '../measure/sample.ts'
import { compareOutcomes } from '../results/compare.ts'
import { measureGrowth, type GrowthStep } from '../results/growth.ts'
import type { CaseResult } from '../results/result.ts'

const SHOWN: readonly (readonly [measure: Measure, title: string])[] = [['wallMs', 'wall'], ['cpuMs', 'CPU'], ['peakBytes', 'memory']]

/** How each builder's figures grow from one amount to the next: exponents, marked where they are more than the work's. */
export function formatGrowthTable(unit: string, cases: readonly CaseResult[]): string {
  const { headings, rows } = growthRows(unit, cases)
  return formatTable(headings, rows)
}

export function growthRows(unit: string, cases: readonly CaseResult[]): { readonly headings: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const amounts = cases.flatMap(({ amount }) => amount ?? []).toSorted((a, b) => a - b)
  const steps = amounts.slice(1).map((amount, index) => `${amounts[index] ?? ''} to ${amount}`)
  const contestants = [...new Set(cases.flatMap(({ outcomes }) => outcomes.filter(({ kind }) => kind === 'measured').map(({ contestant }) => contestant)))]
  const rows = contestants.flatMap((contestant) => SHOWN.map(([measure, title]) => [TITLES[contestant], title, ...growthCells(contestant, measure, cases, amounts.slice(1))]))
  return { headings: [`growth by ${unit}`, 'of', ...steps], rows }
}

/** A cell for each of `amounts`, empty where a builder was not measured there or before. */
function growthCells(contestant: ContestantName, measure: Measure, cases: readonly CaseResult[], amounts: readonly number[]): readonly string[] {
  const points = cases.flatMap(({ amount, outcomes }) => {
    const value = compareOutcomes(outcomes).find((standing) => standing.contestant === contestant)?.figures[measure]?.median
    return amount === undefined || value === undefined ? [] : [{ amount, value }]
  })
  const steps = measureGrowth(points)
  return amounts.map((amount) => formatStep(steps.find((step) => step.amount === amount)))
}

function formatStep(step: GrowthStep | undefined): string {
  if (step?.exponent === undefined) return '–'
  return `${step.exponent.toFixed(2)}${step.isOff ? ' OFF' : ''}`
}
