import { defineCommand } from '../../command.ts'
import { COMPOSE_FLAGS, UNSUPPORTED_COMPOSE_FLAGS } from '../../compose/composeFlags.ts'

export const composePull = defineCommand({
  usage: '[OPTIONS] [SERVICE...]',
  summary: 'Pull the images of the services of a Compose project',
  flags: {
    ...COMPOSE_FLAGS,
    'ignore-buildable': { kind: 'switch', help: 'Leave out the images that can be built' },
    'ignore-pull-failures': { kind: 'switch', help: 'Pull what can be pulled, and fail for none that cannot' },
    'include-deps': { kind: 'switch', help: 'Pull the images of what the services depend on, too' },
    policy: { kind: 'text', value: 'POLICY', help: 'When to ask the registry, whatever the services say: always, or where the image is missing', choices: ['missing', 'always'] },
    quiet: { kind: 'switch', short: 'q', help: 'Show no progress' },
  },
  operands: [0, Infinity],
  unsupported: [...UNSUPPORTED_COMPOSE_FLAGS, 'no-parallel'],
  async run({ flags, operands }, context, signal) {
    const { pullServices } = await import('../../targets/compose/pullServices.ts')
    return await pullServices(flags, operands, context, signal)
  },
})
