import { defineCommand } from '../../command.ts'
import { COMPOSE_FLAGS, UNSUPPORTED_COMPOSE_FLAGS } from '../../compose/composeFlags.ts'

export const composePush = defineCommand({
  usage: '[OPTIONS] [SERVICE...]',
  summary: 'Push the images of the services that a Compose project builds',
  flags: {
    ...COMPOSE_FLAGS,
    'ignore-push-failures': { kind: 'switch', help: 'Push what can be pushed, and fail for none that cannot' },
    'include-deps': { kind: 'switch', help: 'Push the images of what the services depend on, too' },
    quiet: { kind: 'switch', short: 'q', help: 'Show no progress' },
  },
  operands: [0, Infinity],
  unsupported: UNSUPPORTED_COMPOSE_FLAGS,
  async run({ flags, operands }, context, signal) {
    const { pushServices } = await import('../../targets/compose/pushServices.ts')
    return await pushServices(flags, operands, context, signal)
  },
})
