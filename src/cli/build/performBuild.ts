import { styleText } from 'node:util'
import type { EngineClient, OutputRequest } from '../../driver/driver.ts'
import { BUILD_REF, createSolve } from '../../driver/solve.ts'
import type { Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { dockerfilePathOf, reportToCi } from '../ci/buildReport.ts'
import type { SummaryEnd } from '../ci/summary.ts'
import type { CommandContext } from '../command.ts'
import { clientParts } from '../clientParts.ts'
import type { BuildPlace } from '../nodes/buildPlace.ts'
import { openBuildPlace } from '../nodes/openBuildPlace.ts'
import { userCredentials } from '../registry/registryAccess.ts'
import { neutralizeLines } from '../render/displayText.ts'
import { openDisplay, type Display } from '../render/display.ts'
import { withoutOwners, type PlatformTime } from '../render/trace.ts'
import { usesColor } from '../terminal.ts'
import { type BuildOutcome, formatSummary, parseOutcome, usesStdout, writeOutcomeFiles } from './buildOutcome.ts'
import { requireOwnFlags } from './ownFlags.ts'
import type { PreparedBuild } from './prepareBuild.ts'

/** Builds, shows how it goes, and says what came of it. @throws what the engine throws */
export async function performBuild(prepared: PreparedBuild, context: CommandContext, signal: AbortSignal): Promise<BuildOutcome> {
  const { requests, flags } = prepared
  await checkMetadata(flags['metadata-file'], context)
  const reaching = withInsecureRegistries(context, flags['insecure-registry'])
  await using place = await openBuildPlace(reaching, { keepsGoing: flags['keep-going'] }, signal)
  if (place.engine !== undefined) await requireOwnFlags(place.engine, [flags], signal)
  const { end, display } = await solveAll(prepared, { place, context }, signal)
  signal.throwIfAborted()
  await reportToCi({ end: summaryEnd(end, requests.flatMap(({ outputs }) => outputs)), trace: display.trace, pathOf: dockerfilePathOf(prepared) }, flags['summary-file'], context)
  if ('error' in end) throw end.error
  const told = flags['metadata-file'] === undefined ? end.outcome : await withProvenance(end.outcome, place.engine, context, signal)
  await writeOutcomeFiles(told, flags, context.workingFolder)
  report(prepared, { outcome: end.outcome, times: withoutOwners(display.times()) }, context)
  return end.outcome
}

/** What metadata are to have is said by a variable, and a wrong one is told before anything is built. @throws UsageError */
export async function checkMetadata(file: string | undefined, { env }: Pick<CommandContext, 'env'>): Promise<void> {
  if (file === undefined) return
  const { readMetadataProvenance } = await import('../history/buildProvenance.ts')
  readMetadataProvenance(env)
}

/**
 * With what the engine's history has of where it is from, for the metadata; what several engines have built together is in
 * no one's. The build is done by then: where nothing can be read, that is a note.
 */
export async function withProvenance(outcome: BuildOutcome, engine: EngineClient | undefined, { env, stderr }: Pick<CommandContext, 'env' | 'stderr'>, signal: AbortSignal): Promise<BuildOutcome> {
  const ref = outcome.response.get(BUILD_REF)
  if (ref === undefined || engine === undefined) return outcome
  const { readBuildProvenance, readMetadataProvenance } = await import('../history/buildProvenance.ts')
  try {
    const found = await readBuildProvenance(engine, ref, readMetadataProvenance(env), signal)
    return { ...outcome, response: new Map([...outcome.response, ...found]) }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof BuildError)) throw error
    stderr.write(`note: the metadata have no provenance: ${neutralizeLines(error.message)}\n`)
    return outcome
  }
}

type BuildEnd = { readonly outcome: BuildOutcome } | { readonly error: unknown }

/** One request after the other, shown as one build. Never rejects: how it ended is to be told in several ways. */
async function solveAll({ requests, progress }: PreparedBuild, { place, context }: { readonly place: BuildPlace; readonly context: CommandContext }, signal: AbortSignal): Promise<{ readonly end: BuildEnd; readonly display: Display }> {
  using display = openDisplay(progress, context)
  try {
    const responses = place.engine === undefined ? await solveOnNodes(requests, { place, context, display }, signal) : await solveInTurn(requests, { engine: place.engine, context, display }, signal)
    return { end: { outcome: parseOutcome(responses) }, display }
  } catch (error) {
    return { end: { error }, display }
  }
}

interface Solving {
  readonly context: CommandContext
  readonly display: Display
}

/** The response of the first. */
async function solveInTurn(requests: PreparedBuild['requests'], { engine, context, display }: Solving & { readonly engine: EngineClient }, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const solve = createSolve(clientParts(context))
  const responses = []
  for (const [index, request] of requests.entries()) {
    const sink = index === 0 ? display.sink : newVerticesOnly(display.sink, display.known())
    responses.push(await solve(engine, { ...request, credentials: userCredentials(context) }, sink, signal))
  }
  return responses[0] ?? new Map()
}

/** As one target, of which nothing shows its name. */
async function solveOnNodes([first, ...others]: PreparedBuild['requests'], { place, context, display }: Solving & { readonly place: BuildPlace }, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const credentials = userCredentials(context)
  const target = { name: 'build', purpose: { kind: 'build' }, requests: [{ ...first, credentials }, ...others.map((request) => ({ ...request, credentials }))] } as const
  const { responses, error } = await place.solveTargets([target], { sink: display.sink, sinkOf: () => display.sink }, signal)
  if (error !== undefined) throw error.cause
  return responses.get(target.name) ?? new Map()
}

function summaryEnd(end: BuildEnd, outputs: readonly OutputRequest[]): SummaryEnd {
  const names = [...new Set(outputs.flatMap(({ attributes }) => attributes.get('name') ?? []))].join(', ')
  const title = names === '' ? 'an image without a name' : names
  if ('error' in end) return { kind: 'failed', title, error: end.error }
  const { digest, platforms } = end.outcome
  return { kind: 'built', images: [{ title, digest, platforms }] }
}

function report(prepared: PreparedBuild, { outcome, times }: { readonly outcome: BuildOutcome; readonly times: ReadonlyMap<string, PlatformTime> }, context: CommandContext): void {
  const outputs = prepared.requests.flatMap((request) => request.outputs)
  const stream = usesStdout(outputs) || prepared.progress === 'rawjson' ? context.stderr : context.stdout
  switch (prepared.progress) {
    case 'quiet':
      if (outcome.digest !== undefined) stream.write(`${outcome.digest}\n`)
      return
    case 'none':
      return
    case 'auto':
    case 'tty':
    case 'plain':
    case 'rawjson': {
      const isTerminal = stream.isTTY === true
      const paint = usesColor(stream, context.env) ? styleText : (_: string, text: string) => text
      const lines = formatSummary(outcome, outputs, times, { columns: stream.columns ?? 80, isShort: isTerminal, paint })
      stream.write(lines.map((line) => `${line}\n`).join(''))
    }
  }
}

/** What an earlier request has built is told once. */
function newVerticesOnly(sink: ProgressSink, known: ReadonlySet<Digest>): ProgressSink {
  return (event) => {
    if (event.vertex === undefined || !known.has(event.vertex)) sink(event)
  }
}

/** `--insecure-registry` is the environment's list, made longer. */
export function withInsecureRegistries(context: CommandContext, hosts: readonly string[]): CommandContext {
  if (hosts.length === 0) return context
  const known = context.env['PELAGO_INSECURE_REGISTRIES'] ?? ''
  return { ...context, env: { ...context.env, PELAGO_INSECURE_REGISTRIES: [known, ...hosts].filter((host) => host !== '').join(',') } }
}
