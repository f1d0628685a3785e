import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { TargetRequest, TargetsEnd } from '../../driver/targets/targetRequest.ts'
import { metadataFields, parseOutcome, type BuildOutcome } from '../build/buildOutcome.ts'
import { checkMetadata, withInsecureRegistries, withProvenance } from '../build/performBuild.ts'
import { requireOwnFlags } from '../build/ownFlags.ts'
import { dockerfilePathOf, reportToCi } from '../ci/buildReport.ts'
import type { SummaryEnd } from '../ci/summary.ts'
import type { CommandContext } from '../command.ts'
import type { BuildPlace } from '../nodes/buildPlace.ts'
import { openBuildPlace } from '../nodes/openBuildPlace.ts'
import { userCredentials } from '../registry/registryAccess.ts'
import { openDisplay, type Display } from '../render/display.ts'
import type { ProgressMode } from '../render/progressMode.ts'
import { printTargets, type TargetOutcomes } from './printTargets.ts'
import type { PreparedTarget } from './prepareTargets.ts'
import { createTargetEvents } from './targetEvents.ts'

/** How several targets are built, whatever they are. */
export interface TargetsRun {
  readonly progress: ProgressMode
  readonly metadataFile?: string | undefined
  readonly summaryFile?: string | undefined
  /** Whether nothing is said of what came of it. */
  readonly isSilent?: boolean | undefined
  readonly insecureRegistries?: readonly string[] | undefined
}

/**
 * Builds all, shows how it goes, and says what came of it. Where one fails, what others have finished stays, and is told.
 * @throws TargetFailedError for the first that failed
 */
export async function performTargets(targets: readonly PreparedTarget[], run: TargetsRun, context: CommandContext, signal: AbortSignal): Promise<TargetOutcomes> {
  await checkMetadata(run.metadataFile, context)
  await using place = await openBuildPlace(withInsecureRegistries(context, run.insecureRegistries ?? []), {}, signal)
  if (place.engine !== undefined) await requireOwnFlags(place.engine, targets.map(({ build: { flags } }) => flags), signal)
  const { end, display } = await solveAll(targets, run.progress, { place, context }, signal)
  const outcomes = new Map([...end.responses].map(([name, response]) => [name, parseOutcome(response)]))
  await reportToCi({ end: summaryEnd(targets, outcomes, end), trace: display.trace, pathOf: pathsOf(targets, end) }, run.summaryFile, context)
  if (run.isSilent !== true) printTargets({ targets, outcomes, times: display.times(), progress: run.progress }, context)
  if (end.error !== undefined) throw end.error
  if (run.metadataFile !== undefined) {
    const told = new Map<string, BuildOutcome>()
    for (const [name, outcome] of outcomes) told.set(name, await withProvenance(outcome, place.engine, context, signal))
    await writeFile(resolve(context.workingFolder, run.metadataFile), formatAllMetadata(told))
  }
  return outcomes
}

async function solveAll(targets: readonly PreparedTarget[], progress: ProgressMode, { place, context }: { readonly place: BuildPlace; readonly context: CommandContext }, signal: AbortSignal): Promise<{ readonly end: TargetsEnd; readonly display: Display }> {
  using display = openDisplay(progress, context)
  const events = createTargetEvents(display.sink)
  const sinkOf = targets.length > 1 ? events : () => display.sink
  const end = await place.solveTargets(targetRequests(targets, context), { sink: display.sink, sinkOf }, signal)
  return { end, display }
}

/** Where some are asked, others are there for them. */
export function targetRequests(targets: readonly PreparedTarget[], context: CommandContext): readonly TargetRequest[] {
  const credentials = userCredentials(context)
  const isQuestion = targets.some(({ build: { call } }) => call !== undefined)
  return targets.map(({ name, build: { requests: [first, ...rest], call } }) => ({
    name,
    purpose: call !== undefined ? { kind: 'ask', requestId: call.requestId } : { kind: isQuestion ? 'support' : 'build' },
    requests: [{ ...first, credentials }, ...rest.map((request) => ({ ...request, credentials }))],
  }))
}

/** A key for each target, in their order, as buildx writes it. */
function formatAllMetadata(outcomes: TargetOutcomes): string {
  return `${JSON.stringify(Object.fromEntries([...outcomes].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, { response }]) => [name, metadataFields(response)])), undefined, 2)}\n`
}

function summaryEnd(targets: readonly PreparedTarget[], outcomes: TargetOutcomes, { error }: TargetsEnd): SummaryEnd {
  if (error !== undefined) return { kind: 'failed', title: error.target, error }
  return { kind: 'built', images: targets.flatMap(({ name }) => {
    const outcome = outcomes.get(name)
    return outcome === undefined ? [] : [{ title: name, digest: outcome.digest, platforms: outcome.platforms }]
  }) }
}

/** Errors and warnings call a Dockerfile by its name: the failed target's, or the one that all have. */
function pathsOf(targets: readonly PreparedTarget[], { error }: TargetsEnd): ReturnType<typeof dockerfilePathOf> {
  const asked = error === undefined ? targets : targets.filter(({ name }) => name === error.target)
  const folders = new Set(asked.map(({ build: { dockerfileFolder } }) => dockerfileFolder))
  const [only] = folders
  return dockerfilePathOf({ dockerfileFolder: folders.size === 1 ? only : undefined })
}
