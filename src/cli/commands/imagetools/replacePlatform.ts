import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { SOURCE_FLAGS } from '../../imagetools/editFlags.ts'

export const imagetoolsReplacePlatform = defineCommand({
  usage: '[OPTIONS] NAME SOURCE [SOURCE...]',
  summary: 'Replace platforms of an image in a registry',
  flags: SOURCE_FLAGS,
  operands: [2, Infinity],
  async run({ flags, operands: [name = '', ...sources] }, context, signal) {
    const { replaceEntries } = await import('../../../image/index/editIndex.ts')
    const { parsePlatformFlags } = await import('../../localPlatform.ts')
    const { performEdit } = await import('../../imagetools/performEdit.ts')
    await performEdit({ name, sources, platforms: parsePlatformFlags(flags.platform), edit: replaceEntries }, flags, context, signal)
    return EXIT.done
  },
})
