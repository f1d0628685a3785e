import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { FailedStep } from '../../api/gen/local_pb.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { BuildError } from '../../ground/errors.ts'
import { parseSecrets } from '../build/grants/secrets.ts'
import type { CommandContext } from '../command.ts'
import { parseTemplate } from '../format/goTemplate.ts'
import { formatTable } from '../format/table.ts'
import { openCredentialSession } from '../registry/credentialSession.ts'
import { neutralize } from '../render/displayText.ts'
import { runContainer, type ContainerRun } from '../run/runContainer.ts'
import type { DebugFlags } from './debugFlags.ts'
import type { Keeper, Keepers } from './keepers.ts'

export interface DebugCall {
  /** '' is the last one that failed. */
  readonly step: string
  /** Empty: a shell. */
  readonly command: readonly string[]
  readonly flags: DebugFlags
}

/** Runs a shell or a command where the step stood, by the engine that keeps it. Its exit code. */
export async function enterFailedStep(keepers: Keepers['engines'], { step, command, flags }: DebugCall, context: CommandContext, signal: AbortSignal): Promise<number> {
  const { found, keeper: { engine } } = await findStep(keepers, step, signal)
  await using session = openCredentialSession(engine, context, signal, await parseSecrets(flags.secret, context))
  const hasTerminal = context.openStdin().isTTY === true && context.stdout.isTTY === true
  const { user = '', workdir = '' } = flags
  const spec = { step: found?.id ?? step, command: [...command], env: flags.env.flatMap((text) => variableOf(text, context)), user, workdir, session: session.id }
  if (hasTerminal && command.length === 0 && found !== undefined) context.stderr.write(introduce(found))
  const run: ContainerRun = {
    begin: (terminal) => ({ input: { case: 'debug', value: { ...spec, ...(terminal === undefined ? {} : { terminal }) } } }),
    call: (inputs) => engine.local.debug(inputs, { signal }),
    loading: `loading ${found?.name ?? 'the step'}`,
    isQuiet: false,
    isInteractive: true,
    hasTerminal,
  }
  return await runContainer(run, context)
}

/** As a table, or by a template. */
export async function listFailedSteps({ engines, areNamed }: Keepers, format: string | undefined, { now }: CommandContext, signal: AbortSignal): Promise<string> {
  const template = format === undefined ? undefined : parseTemplate(format)
  const rows = (await readKept(engines, signal)).map(({ keeper: { node }, step: { id, name, platform, failedAtMs, command, message } }) => ({ id, name, platform, failedAt: new Date(Number(failedAtMs)).toISOString(), command, message, ...(areNamed && { node }) }))
  if (template !== undefined) return rows.map((row) => `${template.apply(row)}\n`).join('')
  const age = (failedAt: string): string => `${Math.max(0, Math.round((now() - Date.parse(failedAt)) / 60_000))} minutes ago`
  return formatTable(['STEP', 'FAILED', ...(areNamed ? ['NODE'] : []), 'PLATFORM', 'NAME'], rows.map(({ id, failedAt, platform, name, node }) => [id, age(failedAt), ...(node === undefined ? [] : [node]), platform, name]))
}

interface FoundStep {
  readonly keeper: Keeper
  /** Undefined where there is none: the engine says why. */
  readonly found: FailedStep | undefined
}

/** The last that failed of those whose id begins so. */
async function findStep(keepers: Keepers['engines'], step: string, signal: AbortSignal): Promise<FoundStep> {
  const kept = (await readKept(keepers, signal)).find(({ step: { id } }) => id.startsWith(step))
  return { keeper: kept?.keeper ?? keepers[0], found: kept?.step }
}

interface KeptStep {
  readonly keeper: Keeper
  readonly step: FailedStep
}

/** What all of them keep, the last that failed first. @throws DebugUnavailableError where none keeps any */
async function readKept(keepers: Keepers['engines'], signal: AbortSignal): Promise<readonly KeptStep[]> {
  const asked = await Promise.allSettled(keepers.map(async (keeper) => (await readFailedSteps(keeper.engine, signal)).map((step): KeptStep => ({ keeper, step }))))
  const kept = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  const failures = asked.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []))
  const [first] = failures.filter((failure) => kept.length === 0 || !(failure instanceof DebugUnavailableError))
  if (first !== undefined) throw first
  return kept.flat().toSorted((a, b) => Number(b.step.failedAtMs - a.step.failedAtMs))
}

/** @throws DebugUnavailableError */
export async function readFailedSteps(engine: EngineClient, signal: AbortSignal): Promise<readonly FailedStep[]> {
  try {
    return (await engine.local.listFailedSteps({}, { signal })).steps
  } catch (error) {
    if (error instanceof UnsupportedByPeerError) throw new DebugUnavailableError({ cause: error })
    throw error
  }
}

function introduce({ name, platform, command, message }: FailedStep): string {
  return [
    `${neutralize(name)}, on ${platform}, as it failed: ${neutralize(message)}`,
    `It ran: ${neutralize(command.join(' '))}`,
    'What is changed here is gone at the end. Leave with exit.',
    '',
  ].join('\n')
}

function variableOf(text: string, { env }: CommandContext): readonly string[] {
  if (text.includes('=')) return [text]
  const value = env[text]
  return value === undefined ? [] : [`${text}=${value}`]
}

/** The other end is a buildkitd, which keeps nothing of a step that failed. */
export class DebugUnavailableError extends BuildError {
  readonly kind = 'unavailable'
  constructor(options: { readonly cause: unknown }) {
    super('this builder keeps no failed steps: only Pelago\'s own engine does', { ...options, hint: 'build with the default builder, and look into the step there' })
  }
}
