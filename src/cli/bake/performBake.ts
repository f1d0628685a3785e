import { formatDefinition } from '../../project/bake/formatDefinition.ts'
import { overrideGrants } from '../../project/bake/grants/overrideGrants.ts'
import { wantedGrants } from '../../project/bake/grants/wantedGrants.ts'
import { toBuildTargets } from '../../project/bake/toBuildTargets.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { parseProgressMode } from '../render/progressMode.ts'
import type { BakeFlags } from './bakeFlags.ts'
import { withGitSecrets } from './gitSecrets.ts'
import { formatList, parseListRequest } from './listBake.ts'
import { loadBake, readOverrides, resolveBake } from './loadBake.ts'
import { requireGrants } from './requireGrants.ts'

/** The exit code. @throws UsageError; BakeError and HclError on a definition that is wrong */
export async function performBake(flags: BakeFlags, operands: readonly string[], context: CommandContext, signal: AbortSignal): Promise<number> {
  if (flags.print && flags.list !== undefined) throw new UsageError('--print and --list exclude each other')
  const list = flags.list === undefined ? undefined : parseListRequest(flags.list)
  const loaded = await loadBake(flags, operands, context, signal)
  if (list !== undefined) {
    context.stdout.write(formatList(loaded.definition, list))
    return EXIT.done
  }
  const resolved = resolveBake(loaded, flags, context)
  if (flags.print) {
    context.stdout.write(`${formatDefinition(resolved)}\n`)
    return EXIT.done
  }
  await requireGrants({ wanted: wantedGrants(resolved), given: overrideGrants(readOverrides(flags, context)), allow: flags.allow }, context, signal)
  const { runTargets } = await import('../targets/runTargets.ts')
  const built = withGitSecrets(toBuildTargets(resolved, context.workingFolder), loaded.remote, context.env)
  const targets = built.map((target) => (target.call === undefined ? target : { ...target, call: flags.call ?? target.call }))
  return await runTargets(targets, { progress: parseProgressMode(flags.progress), metadataFile: flags['metadata-file'], flags: { accelerate: flags.accelerate } }, context, signal)
}
