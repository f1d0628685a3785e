import { defineCommand } from '../../command.ts'
import { PRUNE_FLAGS } from '../../images/pruneFlags.ts'

export const imagePrune = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove what no local image needs; with --all the images too',
  flags: PRUNE_FLAGS,
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const { pruneImages } = await import('../../images/pruneImages.ts')
    return await pruneImages(flags, context, signal)
  },
})
