import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const generateKeyPair = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Make a pair of keys to sign images with, as cosign does',
  flags: {
    'output-key-prefix': { kind: 'text', value: 'PREFIX', help: 'Write PREFIX.key and PREFIX.pub', fallback: 'cosign' },
  },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const { writeKeyPair } = await import('../../trust/writeKeyPair.ts')
    await writeKeyPair(flags['output-key-prefix'], context, signal)
    return EXIT.done
  },
})
