import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { SOURCE_FLAGS } from '../../imagetools/editFlags.ts'

export const imagetoolsAddPlatform = defineCommand({
  usage: '[OPTIONS] NAME SOURCE [SOURCE...]',
  summary: 'Add platforms to an image in a registry',
  flags: SOURCE_FLAGS,
  operands: [2, Infinity],
  async run({ flags, operands: [name = '', ...sources] }, context, signal) {
    const { addEntries } = await import('../../../image/index/editIndex.ts')
    const { parsePlatformFlags } = await import('../../localPlatform.ts')
    const { performEdit } = await import('../../imagetools/performEdit.ts')
    await performEdit({ name, sources, platforms: parsePlatformFlags(flags.platform), edit: addEntries }, flags, context, signal)
    return EXIT.done
  },
})
