import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

export const imageLoad = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Read images from a tar archive (an OCI layout, or one of docker save)',
  flags: {
    input: { kind: 'text', short: 'i', value: 'PATH', help: 'File to read (default stdin)' },
    name: { kind: 'text', value: 'NAME', help: 'Name for an image that the archive gives none' },
    quiet: { kind: 'switch', short: 'q', help: 'Show nothing' },
  },
  operands: [0, 0],
  unsupported: ['platform'],
  async run({ flags }, context, signal) {
    if (flags.input === undefined && context.openStdin().isTTY === true) {
      throw new UsageError('an archive is not read from a terminal', { hint: 'give a file, --input PATH, or redirect stdin' })
    }
    const { openEngine } = await import('../../engine.ts')
    const { readArchive } = await import('../../images/archiveFile.ts')
    const { loadMessages } = await import('../../images/loadMessages.ts')
    const { formatFamiliar, parseReference } = await import('../../../ground/reference.ts')
    await using engine = await openEngine(context, signal)
    const { references } = await engine.local.load(loadMessages(flags.name ?? '', readArchive(flags.input, context)), { signal })
    if (!flags.quiet) context.stdout.write(references.map((reference) => `loaded ${formatFamiliar(parseReference(reference))}\n`).join(''))
    return EXIT.done
  },
})
