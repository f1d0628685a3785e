import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'
import { SIGN_FLAGS, UNSUPPORTED_SIGN_FLAGS } from '../../trust/signFlags.ts'

export const sign = defineCommand({
  usage: '[OPTIONS] IMAGE...',
  summary: 'Sign images that are in registries, with a key or with an identity',
  flags: SIGN_FLAGS,
  operands: [1, Infinity],
  unsupported: UNSUPPORTED_SIGN_FLAGS,
  async run({ flags, operands }, context, signal) {
    if (flags['sign-container-identity'] !== undefined && operands.length > 1) throw new UsageError('--sign-container-identity names one image, and several are given')
    const { signImages } = await import('../../trust/signImages.ts')
    await signImages(operands, flags, context, signal)
    return EXIT.done
  },
})
