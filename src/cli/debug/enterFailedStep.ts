import type { FailedStep } from '../../api/gen/local_pb.ts'
import { parseSecrets } from '../build/grants/secrets.ts'
import type { CommandContext } from '../command.ts'
import { parseTemplate } from '../format/goTemplate.ts'
import { formatTable } from '../format/table.ts'
import { openCredentialSession } from '../registry/credentialSession.ts'
import { neutralize } from '../render/displayText.ts'
import { runContainer, type ContainerRun } from '../run/runContainer.ts'
import type { DebugFlags } from './debugFlags.ts'
import type { Keepers } from './keepers.ts'
import { findStep, readKept } from './keptSteps.ts'

export interface DebugCall {
  /** '' is the last one that failed. */
  readonly step: string
  /** Empty: a shell. */
  readonly command: readonly string[]
  readonly flags: DebugFlags
}

/** Runs a shell or a command where the step stood, by the engine that keeps it. Its exit code. */
export async function enterFailedStep(keepers: Keepers, { step, command, flags }: DebugCall, context: CommandContext, signal: AbortSignal): Promise<number> {
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

/** As a table, or by a template; of the engines that answer. */
export async function listFailedSteps({ engines, areNamed }: Keepers, format: string | undefined, { now }: CommandContext, signal: AbortSignal): Promise<string> {
  const template = format === undefined ? undefined : parseTemplate(format)
  const rows = (await readKept(engines, signal)).steps.map(({ keeper: { node }, step: { id, name, platform, failedAtMs, command, message } }) => ({ id, name, platform, failedAt: new Date(Number(failedAtMs)).toISOString(), command, message, ...(areNamed && { node }) }))
  if (template !== undefined) return rows.map((row) => `${template.apply(row)}\n`).join('')
  const age = (failedAt: string): string => `${Math.max(0, Math.round((now() - Date.parse(failedAt)) / 60_000))} minutes ago`
  return formatTable(['STEP', 'FAILED', ...(areNamed ? ['NODE'] : []), 'PLATFORM', 'NAME'], rows.map(({ id, failedAt, platform, name, node }) => [id, age(failedAt), ...(node === undefined ? [] : [node]), platform, name]))
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
