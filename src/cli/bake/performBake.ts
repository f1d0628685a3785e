import { formatDefinition } from '../../project/bake/formatDefinition.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import type { BakeFlags } from './bakeFlags.ts'
import { formatList, parseListRequest } from './listBake.ts'
import { loadDefinition, resolveBake } from './loadBake.ts'

/** The exit code. @throws UsageError; BakeError and HclError on a definition that is wrong */
export async function performBake(flags: BakeFlags, names: readonly string[], context: CommandContext): Promise<number> {
  if (flags.print && flags.list !== undefined) throw new UsageError('--print and --list exclude each other')
  const list = flags.list === undefined ? undefined : parseListRequest(flags.list)
  const definition = await loadDefinition(flags, context)
  if (list !== undefined) {
    context.stdout.write(formatList(definition, list))
    return EXIT.done
  }
  const resolved = resolveBake(definition, names, flags, context)
  if (!flags.print) throw new UsageError('pelago bake builds nothing yet', { hint: 'pass --print to see what would be built' })
  context.stdout.write(`${formatDefinition(resolved)}\n`)
  return EXIT.done
}
