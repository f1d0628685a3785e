import { defineCommand } from '../../command.ts'
import { UNSUPPORTED_VERIFY_FLAGS, VERIFY_FLAGS } from '../../trust/verifyFlags.ts'

export const verify = defineCommand({
  usage: '[OPTIONS] IMAGE...',
  summary: 'Check who has signed images that are in registries',
  flags: VERIFY_FLAGS,
  operands: [1, Infinity],
  unsupported: UNSUPPORTED_VERIFY_FLAGS,
  async run({ flags, operands }, context, signal) {
    if (flags.type.length > 0) {
      const { verifyAttestations } = await import('../../trust/verifyAttestations.ts')
      return await verifyAttestations(operands, flags, context, signal)
    }
    const { verifyImages } = await import('../../trust/verifyImages.ts')
    return await verifyImages(operands, flags, context, signal)
  },
})
