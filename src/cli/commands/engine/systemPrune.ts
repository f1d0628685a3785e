import { defineCommand } from '../../command.ts'
import { PRUNE_FLAGS } from '../../images/pruneFlags.ts'

export const systemPrune = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Remove what nothing needs; with --all the local images too',
  flags: { ...PRUNE_FLAGS, volumes: { kind: 'switch', help: 'Remove volumes too, of which there are none here' } },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const { pruneImages } = await import('../../images/pruneImages.ts')
    return await pruneImages(flags, context, signal)
  },
})
