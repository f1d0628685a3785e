import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { CREATE_FLAGS } from '../../imagetools/createFlags.ts'

export const imagetoolsCreate = defineCommand({
  usage: '[OPTIONS] SOURCE [SOURCE...]',
  summary: 'Make one image of several that are in registries, or copy one',
  flags: CREATE_FLAGS,
  operands: [0, Infinity],
  async run({ flags, operands }, context, signal) {
    const { performCreate } = await import('../../imagetools/performCreate.ts')
    await performCreate(flags, operands, context, signal)
    return EXIT.done
  },
})
