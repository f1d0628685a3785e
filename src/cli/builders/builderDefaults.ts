import { ACCELERATE_OPTION, DEFAULT_LOAD } from '../../driver/builders/builder.ts'
import type { BuildFlags } from '../build/buildFlags.ts'
import type { CommandContext } from '../command.ts'
import { chooseBuilder } from './chooseBuilder.ts'

/** With what the builder has for a default where nothing says otherwise: `--load`, and a mode of `--accelerate`. */
export async function withBuilderDefaults(flags: BuildFlags, context: CommandContext): Promise<BuildFlags> {
  const hasOutput = flags.load || flags.push || flags.output.length > 0
  if (hasOutput && flags.accelerate !== undefined) return flags
  const { nodes } = await chooseBuilder(context)
  const load = flags.load || (!hasOutput && nodes.some(({ options }) => options.get(DEFAULT_LOAD) === 'true'))
  const accelerate = flags.accelerate ?? nodes.map(({ options }) => options.get(ACCELERATE_OPTION)).find((mode) => mode !== undefined)
  return { ...flags, load, accelerate }
}
