import { DEFAULT_LOAD } from '../../driver/builders/builder.ts'
import type { BuildFlags } from '../build/buildFlags.ts'
import type { CommandContext } from '../command.ts'
import { chooseBuilder } from './chooseBuilder.ts'

/** With `--load` on where nothing says what becomes of the build, and its builder has that for a default. */
export async function withDefaultLoad(flags: BuildFlags, context: CommandContext): Promise<BuildFlags> {
  if (flags.load || flags.push || flags.output.length > 0) return flags
  const { nodes } = await chooseBuilder(context)
  return nodes.some(({ options }) => options.get(DEFAULT_LOAD) === 'true') ? { ...flags, load: true } : flags
}
