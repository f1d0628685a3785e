import type { BenchReport, CaseResult, Machine } from '../results/result.ts'
import type { Scenario } from '../scenario.ts'
import { findBehind } from '../results/compare.ts'
import { TITLES } from '../contestants/contestant.ts'
import { formatGrowthTable } from './growthTable.ts'
import { formatResultTable } from './resultTable.ts'

const GIB = 1024 ** 3

/** All of a report, for a terminal; what Pelago is behind in comes first. */
export function formatReport(report: BenchReport, scenarios: readonly Scenario[]): string {
  const parts = scenarios.flatMap((scenario) => {
    const cases = report.cases.filter((result) => result.scenario === scenario.name)
    return cases.length === 0 ? [] : [formatScenario(scenario, cases)]
  })
  return [`${formatMachine(report.machine)}\n`, formatBehind(report.cases), ...parts].join('\n')
}

export function formatScenario(scenario: Scenario, cases: readonly CaseResult[]): string {
  const growth = scenario.growsBy === undefined ? '' : `\n${formatGrowthTable(scenario.growsBy, cases)}`
  return `${scenario.name}: ${scenario.title}, ${formatAmount(cases)}\n${formatResultTable(cases)}${growth}`
}

/** `full scale, one run or 3 runs each`: the scales of the cases, and how many runs of one count. */
export function formatAmount(cases: readonly CaseResult[]): string {
  const scales = [...new Set(cases.map(({ scale }) => scale))].join(' and ')
  const runs = [...new Set(cases.map(countRuns))].toSorted((one, other) => one - other).map((count) => (count === 1 ? 'one run' : `${count} runs`))
  return `${scales} scale, ${runs.join(' or ')} each`
}

function countRuns({ outcomes }: CaseResult): number {
  return Math.max(0, ...outcomes.map((outcome) => (outcome.kind === 'measured' ? outcome.samples.length : 0)))
}

export function formatMachine({ cpu, cores, memoryBytes, kernel, load }: Machine): string {
  return `${cores} cores (${cpu}), ${(memoryBytes / GIB).toFixed(0)} GiB of memory, Linux ${kernel}, load ${load.toFixed(1)} at the start`
}

function formatBehind(cases: readonly CaseResult[]): string {
  return findBehind(cases).map(({ scenario, case: name, peer, times }) => `behind: ${scenario}, ${name}: ${times.toFixed(2)} times as long as ${TITLES[peer]}\n`).join('')
}
