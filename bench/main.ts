import { readFile, writeFile } from 'node:fs/promises'
import { formatHelp } from '../src/cli/flags/help.ts'
import { BuildError } from '../src/ground/errors.ts'
import { FLAGS, parseArguments, type BenchRequest } from './arguments.ts'
import { formatReport, formatScenario } from './report/formatReport.ts'
import { writeDocs } from './report/writeDocs.ts'
import { joinReports } from './results/joinReports.ts'
import { parseReport } from './results/reportFile.ts'
import type { BenchReport } from './results/result.ts'
import { runBench } from './runBench.ts'
import { SCENARIOS } from './scenarios/all.ts'

/*
 * ./bench/run: measures Pelago and its peers, and shows or keeps the results. Exit codes are those of Pelago: 1 where a
 * builder failed at something, 2 for wrong usage.
 */
const controller = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort(new Error('interrupted')))

try {
  const request = parseArguments(process.argv.slice(2), SCENARIOS)
  process.exitCode = request === 'help' ? showHelp() : await bench(request)
} catch (error) {
  if (controller.signal.aborted) process.exitCode = 130
  else if (error instanceof BuildError) process.exitCode = complain(error)
  else throw error
}

async function bench(request: BenchRequest): Promise<number> {
  const report = request.from.length === 0 ? await measure(request) : joinReports(await Promise.all(request.from.map(async (path) => parseReport(await readFile(path, 'utf8'), path))))
  if (request.output !== undefined) await writeFile(request.output, `${JSON.stringify(report, undefined, 1)}\n`)
  if (request.format === 'json') process.stdout.write(`${JSON.stringify(report)}\n`)
  else if (request.from.length > 0) process.stdout.write(formatReport(report, SCENARIOS))
  if (request.writesDocs) for (const line of await writeDocs(report, SCENARIOS)) note(line)
  return report.cases.some(({ outcomes }) => outcomes.some(({ kind }) => kind === 'failed')) ? 1 : 0
}

/** Each scenario is shown when it is done. */
async function measure(request: BenchRequest): Promise<BenchReport> {
  const shows = request.format === 'table'
  return await runBench(request, { note, scenarioDone: (scenario, cases) => void (shows && process.stdout.write(`${formatScenario(scenario, cases)}\n`)) }, controller.signal)
}

function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

function showHelp(): number {
  process.stdout.write(formatHelp('./bench/run', { usage: '[OPTIONS] [SCENARIO...]', summary: `Measure Pelago against other builders: ${SCENARIOS.map(({ name }) => name).join(', ')}`, flags: FLAGS }))
  return 0
}

function complain(error: BuildError): number {
  note(`bench: ${error.message}${error.hint === undefined ? '' : `\nhint: ${error.hint}`}`)
  return error.kind === 'usage' ? 2 : 1
}
