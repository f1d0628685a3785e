import { defineCommand } from '../../command.ts'
import { COMPOSE_BUILD_FLAGS, UNSUPPORTED_COMPOSE_BUILD_FLAGS } from '../../targets/compose/composeBuildFlags.ts'

export const composeBuild = defineCommand({
  usage: '[OPTIONS] [SERVICE...]',
  summary: 'Build the services of a Compose project',
  flags: COMPOSE_BUILD_FLAGS,
  operands: [0, Infinity],
  unsupported: UNSUPPORTED_COMPOSE_BUILD_FLAGS,
  async run({ flags, operands }, context, signal) {
    const { buildServices } = await import('../../targets/compose/buildServices.ts')
    return await buildServices(flags, operands, context, signal)
  },
})
