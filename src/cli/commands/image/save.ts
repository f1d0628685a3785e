import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

export const imageSave = defineCommand({
  usage: '[OPTIONS] NAME...',
  summary: 'Write local images, all their platforms, to a tar archive (an OCI layout)',
  flags: {
    output: { kind: 'text', short: 'o', value: 'PATH', help: 'File to write (default stdout)' },
  },
  operands: [1, Infinity],
  unsupported: ['platform'],
  async run({ flags, operands }, context, signal) {
    if (flags.output === undefined && context.stdout.isTTY === true) {
      throw new UsageError('an archive is not written to a terminal', { hint: 'give it a file, --output PATH, or redirect stdout' })
    }
    const { openEngine } = await import('../../engine.ts')
    const { bytesOf, writeArchive } = await import('../../images/archiveFile.ts')
    await using engine = await openEngine(context, signal)
    const { findImageNames } = await import('../../images/imageName.ts')
    const references: string[] = []
    for (const text of operands) references.push(...(await findImageNames(engine, text, signal)))
    const messages = engine.local.save({ references }, { signal })
    await writeArchive(bytesOf(messages), flags.output, context, signal)
    return EXIT.done
  },
})
