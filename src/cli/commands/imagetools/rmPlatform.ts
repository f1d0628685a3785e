import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { EDIT_FLAGS } from '../../imagetools/editFlags.ts'

export const imagetoolsRmPlatform = defineCommand({
  usage: '[OPTIONS] NAME PLATFORM [PLATFORM...]',
  summary: 'Take platforms out of an image in a registry',
  flags: EDIT_FLAGS,
  operands: [2, Infinity],
  async run({ flags, operands: [name = '', ...names] }, context, signal) {
    const { removePlatforms } = await import('../../../image/index/editIndex.ts')
    const { parsePlatformFlags } = await import('../../localPlatform.ts')
    const { performEdit } = await import('../../imagetools/performEdit.ts')
    const platforms = parsePlatformFlags(names.flatMap((text) => text.split(',')))
    await performEdit({ name, sources: [], platforms: [], edit: (document) => removePlatforms(document, platforms) }, flags, context, signal)
    return EXIT.done
  },
})
