import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const imageRm = defineCommand({
  usage: '[OPTIONS] NAME...',
  summary: 'Remove local images',
  flags: {
    force: { kind: 'switch', short: 'f', help: 'Do not fail where there is no such image' },
  },
  operands: [1, Infinity],
  unsupported: ['no-prune', 'platform'],
  async run({ flags, operands }, context, signal) {
    const { openEngine } = await import('../../engine.ts')
    const { BuildError } = await import('../../../ground/errors.ts')
    await using engine = await openEngine(context, signal)
    for (const reference of operands) {
      try {
        const { digest } = await engine.local.removeImage({ reference }, { signal })
        context.stdout.write(`removed ${reference} (${digest})\n`)
      } catch (error) {
        if (!(flags.force && error instanceof BuildError && error.kind === 'not-found')) throw error
      }
    }
    return EXIT.done
  },
})
