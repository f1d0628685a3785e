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

export interface DebugCall {
  /** '' is the last one that failed. */
  readonly step: string
  /** Empty: a shell. */
  readonly command: readonly string[]
  readonly flags: DebugFlags
}

/** Runs a shell or a command where the step stood. Its exit code. */
export async function enterFailedStep(engine: EngineClient, { step, command, flags }: DebugCall, context: CommandContext, signal: AbortSignal): Promise<number> {
  const found = await findStep(engine, step, signal)
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
export async function listFailedSteps(engine: EngineClient, format: string | undefined, { now }: CommandContext, signal: AbortSignal): Promise<string> {
  const template = format === undefined ? undefined : parseTemplate(format)
  const rows = (await readFailedSteps(engine, signal)).map(({ id, name, platform, failedAtMs, command, message }) => ({ id, name, platform, failedAt: new Date(Number(failedAtMs)).toISOString(), command, message }))
  if (template !== undefined) return rows.map((row) => `${template.apply(row)}\n`).join('')
  const age = (failedAt: string): string => `${Math.max(0, Math.round((now() - Date.parse(failedAt)) / 60_000))} minutes ago`
  return formatTable(['STEP', 'FAILED', 'PLATFORM', 'NAME'], rows.map(({ id, failedAt, platform, name }) => [id, age(failedAt), platform, name]))
}

/** Undefined where there is none: the engine says why. */
async function findStep(engine: EngineClient, step: string, signal: AbortSignal): Promise<FailedStep | undefined> {
  return (await readFailedSteps(engine, signal)).find(({ id }) => id.startsWith(step))
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
