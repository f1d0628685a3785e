import { styleText } from 'node:util'
import { type BuildOutcome, formatSummary, type SummaryView, usesStdout } from '../build/buildOutcome.ts'
import type { CommandContext } from '../command.ts'
import { neutralize } from '../render/displayText.ts'
import type { ProgressMode } from '../render/progressMode.ts'
import { withoutOwners, type PlatformTime } from '../render/trace.ts'
import { usesColor } from '../terminal.ts'
import type { PreparedTarget } from './prepareTargets.ts'

/** What became of each target that was built. */
export type TargetOutcomes = ReadonlyMap<string, BuildOutcome>

export interface TargetsReport {
  readonly targets: readonly PreparedTarget[]
  readonly outcomes: TargetOutcomes
  /** By platform, with the target's name before it where there are several targets, and the node's where there are several nodes. */
  readonly times: ReadonlyMap<string, PlatformTime>
  readonly progress: ProgressMode
}

/** Says of each target that is done what was made of it and where it went: a line a name and a platform. */
export function printTargets({ targets, outcomes, times, progress }: TargetsReport, { stdout, stderr, env }: Pick<CommandContext, 'stdout' | 'stderr' | 'env'>): void {
  if (progress === 'none') return
  const allOutputs = targets.flatMap(({ build: { requests } }) => requests.flatMap(({ outputs }) => outputs))
  const stream = usesStdout(allOutputs) || progress === 'rawjson' ? stderr : stdout
  const isTerminal = stream.isTTY === true
  const paint = usesColor(stream, env) ? styleText : (_: string, text: string) => text
  const labelColumns = targets.length === 1 ? 0 : Math.max(...targets.map(({ name }) => name.length)) + 2
  const view = { columns: (stream.columns ?? 80) - labelColumns, isShort: isTerminal, paint }
  const label = (name: string): string => (labelColumns === 0 ? '' : paint('bold', neutralize(name).padEnd(labelColumns)))
  for (const target of targets) {
    const outcome = outcomes.get(target.name)
    if (outcome === undefined) continue
    const own = targets.length === 1 ? withoutOwners(times) : timesOf(target.name, times)
    const lines = progress === 'quiet' ? digestLine(outcome) : summaryLines(target, outcome, own, view)
    stream.write(lines.map((line, index) => `${index === 0 ? label(target.name) : ' '.repeat(labelColumns)}${line}\n`).join(''))
  }
}

function digestLine({ digest }: BuildOutcome): readonly string[] {
  return digest === undefined ? [] : [digest]
}

function summaryLines({ build: { requests } }: PreparedTarget, outcome: BuildOutcome, times: TargetsReport['times'], view: SummaryView): readonly string[] {
  const lines = formatSummary(outcome, requests.flatMap(({ outputs }) => outputs), times, view)
  return lines.length === 0 ? ['built, and kept in the cache'] : lines
}

function timesOf(name: string, times: TargetsReport['times']): TargetsReport['times'] {
  return withoutOwners(new Map([...times].filter(([key]) => key.startsWith(`${name} `))))
}
