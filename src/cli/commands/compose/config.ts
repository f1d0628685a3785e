import { COMPOSE_FLAGS, UNSUPPORTED_COMPOSE_FLAGS } from '../../compose/composeFlags.ts'
import { CONFIG_FLAGS } from '../../compose/configFlags.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const composeConfig = defineCommand({
  usage: '[OPTIONS] [SERVICE...]',
  summary: 'Show a Compose project as it comes out: files merged, variables replaced, short forms written out',
  flags: { ...COMPOSE_FLAGS, ...CONFIG_FLAGS },
  operands: [0, Infinity],
  unsupported: UNSUPPORTED_COMPOSE_FLAGS,
  async run({ flags, operands }, context, signal) {
    const { showConfig } = await import('../../compose/showConfig.ts')
    await showConfig(flags, operands, context, signal)
    return EXIT.done
  },
})
