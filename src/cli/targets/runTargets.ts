import type { BuildTarget } from '../../project/buildTarget.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { callTargets } from './callTargets.ts'
import { performTargets, type TargetsRun } from './performTargets.ts'
import { prepareTargets, type CommonFlags } from './prepareTargets.ts'

/** What is said of targets on the command line, and not in their files. */
export interface TargetsOptions extends TargetsRun {
  readonly flags?: CommonFlags | undefined
}

/** Builds targets of a project together, or asks their frontends where they say so; the exit code. @throws UsageError; TargetFailedError */
export async function runTargets(targets: readonly BuildTarget[], options: TargetsOptions, context: CommandContext, signal: AbortSignal): Promise<number> {
  const common = { ...options.flags, 'insecure-registry': options.insecureRegistries ?? [] }
  const prepared = await prepareTargets(targets, common, context, signal)
  for (const notice of new Set(prepared.flatMap(({ build: { notices } }) => notices))) context.stderr.write(`${notice}\n`)
  if (prepared.some(({ build: { call } }) => call !== undefined)) return await callTargets(prepared, options, context, signal)
  await performTargets(prepared, options, context, signal)
  return EXIT.done
}
