import { TITLES } from '../contestants/contestant.ts'
import { findBehind } from '../results/compare.ts'
import type { BenchReport, CaseResult } from '../results/result.ts'
import type { Scenario } from '../scenario.ts'
import { formatAmount, formatMachine } from './formatReport.ts'
import { growthRows } from './growthTable.ts'
import { absences, formatMs, HEADINGS, resultRows } from './resultTable.ts'

/** What stands between these two belongs to the program, everything else of the page to its authors. */
const FROM = '<!-- made by ./bench/run --write-docs, from here -->'
const TO = '<!-- to here -->'
/** Under this heading a line for each case in which a peer is ahead names the scenario as `NAME`, and says why. */
export const REASONS = '## Where another builder is ahead'

/** The results of a report as Markdown. */
export function formatPerformance(report: BenchReport, scenarios: readonly Scenario[]): string {
  const versions = [...new Set(Object.values(report.versions))].map((version) => `- ${version}`)
  const head = `Measured on ${report.startedAt.slice(0, 10)} in ${formatMs(report.tookMs)}, on ${formatMachine(report.machine)}:`
  const behind = findBehind(report.cases).map(({ scenario, case: name, peer, times }) => `- \`${scenario}\`, ${name}: ${times.toFixed(2)} times as long as ${TITLES[peer]}`)
  const told = behind.length === 0 ? 'Of these, Pelago has the shortest wall time in every case.' : `Another builder is ahead in ${behind.length} of ${report.cases.length} cases:\n\n${behind.join('\n')}`
  const parts = scenarios.flatMap((scenario) => {
    const cases = report.cases.filter((result) => result.scenario === scenario.name)
    return cases.length === 0 ? [] : [formatPart(scenario, cases)]
  })
  return `${head}\n\n${versions.join('\n')}\n\n${told}\n\n![Wall time of each builder as a multiple of BuildKit's](performance.svg)\n\n${parts.join('\n')}`
}

function formatPart(scenario: Scenario, cases: readonly CaseResult[]): string {
  const results = formatMarkdownTable(HEADINGS, cases.flatMap(resultRows))
  const absent = absences(cases).map((line) => `- ${line}\n`).join('')
  const growth = scenario.growsBy === undefined ? undefined : growthRows(scenario.growsBy, cases)
  const grown = growth === undefined ? '' : `\n${formatMarkdownTable(growth.headings, growth.rows)}`
  return `### ${scenario.title} (\`${scenario.name}\`)\n${scenario.about}\n\nMeasured at the ${formatAmount(cases)}.\n\n${results}${absent === '' ? '' : `\n${absent}`}${grown}`
}

export function formatMarkdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return line(headings) + line(headings.map(() => '---')) + rows.map(line).join('')
}

/** @throws Error where the page has lost its marks */
export function replaceResults(page: string, results: string): string {
  const [from, to] = [page.indexOf(FROM), page.indexOf(TO)]
  if (from < 0 || to < from) throw new Error(`the page has no place for results, between ${FROM} and ${TO}`)
  return `${page.slice(0, from + FROM.length)}\n${results.trimEnd()}\n${page.slice(to)}`
}

/** A line for each scenario in which another builder is ahead and of which the page does not say why. */
export function unexplained(page: string, cases: readonly CaseResult[]): readonly string[] {
  const reasons = page.slice(page.indexOf(REASONS)).split('\n').filter((line) => line.startsWith('- '))
  const names = new Set(findBehind(cases).map(({ scenario }) => scenario).filter((name) => !reasons.some((line) => line.includes(`\`${name}\``))))
  return [...names].map((name) => `docs/performance.md does not say why another builder is ahead in ${name}: add a line under "${REASONS.slice(3)}"`)
}
