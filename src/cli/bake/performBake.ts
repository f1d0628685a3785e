import { formatDefinition } from '../../project/bake/formatDefinition.ts'
import { toBuildTargets } from '../../project/bake/toBuildTargets.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import type { BakeFlags } from './bakeFlags.ts'
import { formatList, parseListRequest } from './listBake.ts'
import { parseProgressMode } from '../render/progressMode.ts'
import { loadDefinition, resolveBake } from './loadBake.ts'

/** The exit code. @throws UsageError; BakeError and HclError on a definition that is wrong */
export async function performBake(flags: BakeFlags, names: readonly string[], context: CommandContext, signal: AbortSignal): Promise<number> {
  if (flags.print && flags.list !== undefined) throw new UsageError('--print and --list exclude each other')
  const list = flags.list === undefined ? undefined : parseListRequest(flags.list)
  const definition = await loadDefinition(flags, context)
  if (list !== undefined) {
    context.stdout.write(formatList(definition, list))
    return EXIT.done
  }
  const resolved = resolveBake(definition, names, flags, context)
  if (flags.print) {
    context.stdout.write(`${formatDefinition(resolved)}\n`)
    return EXIT.done
  }
  const { runTargets } = await import('../targets/runTargets.ts')
  const targets = toBuildTargets(resolved).map((target) => (target.call === undefined ? target : { ...target, call: flags.call ?? target.call }))
  return await runTargets(targets, { progress: parseProgressMode(flags.progress), metadataFile: flags['metadata-file'] }, context, signal)
}
