import { parseFlags, type FlagTable } from '../src/cli/flags/flags.ts'
import { UsageError } from '../src/cli/flags/usageError.ts'
import { CONTESTANTS, type ContestantName } from './contestants/contestant.ts'
import type { Scale, Scenario } from './scenario.ts'

/** What one call is to do. */
export interface BenchRequest {
  readonly scenarios: readonly Scenario[]
  readonly contestants: readonly ContestantName[]
  readonly runs: number
  readonly scale: Scale
  /** Where the JSON of all runs goes. */
  readonly output: string | undefined
  /** JSON of earlier calls, to be shown instead of running anything; where two have the same case, the later one counts. */
  readonly from: readonly string[]
  readonly format: 'table' | 'json'
  readonly writesDocs: boolean
}

export const FLAGS = {
  peer: { kind: 'list', value: 'NAME', splitsCommas: true, help: `Builder beside Pelago: ${CONTESTANTS.slice(1).join(', ')}, or none (default all that are here)` },
  runs: { kind: 'text', value: 'N', help: 'Counted runs of each (default 3 small, 5 full)' },
  scale: { kind: 'text', value: 'SIZE', fallback: 'small', choices: ['small', 'full'], help: 'How much there is to do' },
  output: { kind: 'text', short: 'o', value: 'FILE', help: 'Write all runs to a file, as JSON' },
  from: { kind: 'list', value: 'FILE', help: 'Run nothing: show what earlier calls have written' },
  format: { kind: 'text', value: 'FORMAT', fallback: 'table', choices: ['table', 'json'], help: 'What is printed at the end' },
  'write-docs': { kind: 'switch', help: 'Put the results into docs/performance.md, with a plot beside it' },
} as const satisfies FlagTable

/** @throws UsageError */
export function parseArguments(argv: readonly string[], scenarios: readonly Scenario[]): BenchRequest | 'help' {
  const { flags, operands, wantsHelp } = parseFlags(FLAGS, argv, { commandName: './bench/run' })
  if (wantsHelp) return 'help'
  if (flags.from.length > 0 && operands.length > 0) throw new UsageError('--from takes no scenarios: it shows all that the files have')
  const scale = flags.scale === 'full' ? 'full' : 'small'
  return {
    scenarios: operands.length === 0 ? scenarios.filter(({ isLong = false }) => scale === 'full' || !isLong) : operands.map((name) => findScenario(name, scenarios)),
    contestants: parsePeers(flags.peer),
    runs: flags.runs === undefined ? (scale === 'full' ? 5 : 3) : parseRuns(flags.runs),
    scale,
    output: flags.output,
    from: flags.from,
    format: flags.format === 'json' ? 'json' : 'table',
    writesDocs: flags['write-docs'],
  }
}

function findScenario(name: string, scenarios: readonly Scenario[]): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name)
  if (found === undefined) throw new UsageError(`there is no scenario ${JSON.stringify(name)}`, { hint: `choose from ${scenarios.map((scenario) => scenario.name).join(', ')}` })
  return found
}

/** Pelago is always in. */
function parsePeers(names: readonly string[]): readonly ContestantName[] {
  if (names.length === 0) return CONTESTANTS
  for (const name of names) {
    if (name !== 'none' && !isContestant(name)) throw new UsageError(`there is no peer ${JSON.stringify(name)}`, { hint: `choose from ${CONTESTANTS.slice(1).join(', ')}, none` })
  }
  return CONTESTANTS.filter((name) => name === 'pelago' || names.includes(name))
}

function isContestant(name: string): boolean {
  return CONTESTANTS.some((contestant) => contestant === name)
}

function parseRuns(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new UsageError(`not a number of runs: ${JSON.stringify(text)}`, { hint: 'from 1 to 999' })
  return Number(text)
}
