import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

export const imageRm = defineCommand({
  usage: '[OPTIONS] NAME...',
  summary: 'Remove local images, by name or id',
  flags: {
    force: { kind: 'switch', short: 'f', help: 'Do not fail where there is no such image; by id, remove all its names' },
  },
  operands: [1, Infinity],
  unsupported: ['no-prune', 'platform'],
  async run({ flags, operands }, context, signal) {
    const { openEngine } = await import('../../engine.ts')
    const { BuildError } = await import('../../../ground/errors.ts')
    await using engine = await openEngine(context, signal)
    const { findImageNames } = await import('../../images/imageName.ts')
    for (const text of operands) {
      try {
        const names = await findImageNames(engine, text, signal)
        if (names.length > 1 && !flags.force) throw new UsageError(`image ${text} has several names: ${names.join(', ')}`, { hint: 'remove them by name, or all of them with --force' })
        for (const reference of names) {
          const { digest } = await engine.local.removeImage({ reference }, { signal })
          context.stdout.write(`removed ${reference} (${digest})\n`)
        }
      } catch (error) {
        if (!(flags.force && error instanceof BuildError && error.kind === 'not-found')) throw error
      }
    }
    return EXIT.done
  },
})
