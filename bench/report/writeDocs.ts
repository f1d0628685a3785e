import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { BenchReport } from '../results/result.ts'
import type { Scenario } from '../scenario.ts'
import { formatPerformance, replaceResults, unexplained } from './performancePage.ts'
import { drawRatios } from './ratioPlot.ts'

const DOCS = new URL('../../docs/', import.meta.url)

/** Puts the results into docs/performance.md, between its two marks, and the plot beside it. Gives what is left to be written by hand. */
export async function writeDocs(report: BenchReport, scenarios: readonly Scenario[]): Promise<readonly string[]> {
  const path = fileURLToPath(new URL('performance.md', DOCS))
  const page = replaceResults(await readFile(path, 'utf8'), formatPerformance(report, scenarios))
  await writeFile(path, page)
  await writeFile(fileURLToPath(new URL('performance.svg', DOCS)), drawRatios(report.cases, scenarios))
  return unexplained(page, report.cases)
}
