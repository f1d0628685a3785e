import { defineCommand } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'

export const sizes = defineCommand({
  usage: '[OPTIONS] IMAGE',
  summary: 'Show what an image takes, layer by layer and platform by platform, and what it could do without',
  flags: {
    against: { kind: 'text', value: 'IMAGE', help: 'Show what grew since this older one: a name, an OCI layout, or an archive' },
    format: { kind: 'text', value: 'FORMAT', help: 'How it is told', choices: ['table', 'json'], fallback: 'table' },
    platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Platform to look at (default all); local is this machine\'s own' },
    top: { kind: 'text', value: 'N', help: 'How many lines each list has at most, the biggest first', fallback: '10' },
  },
  operands: [1, 1],
  async run({ flags, operands: [name = ''] }, context, signal) {
    if (!/^[1-9]\d{0,5}$/.test(flags.top)) throw new UsageError(`invalid --top: ${JSON.stringify(flags.top)}`, { hint: 'write a number from 1' })
    const { parsePlatformFlags } = await import('../localPlatform.ts')
    const platforms = parsePlatformFlags(flags.platform)
    const { measureImage } = await import('../sizes/measureImage.ts')
    const report = await measureImage({ name, platforms, against: flags.against }, context, signal)
    const top = Number(flags.top)
    if (flags.format === 'json') {
      const { sizesJson } = await import('../sizes/sizesJson.ts')
      context.stdout.write(sizesJson(report))
    } else {
      const { formatSizes } = await import('../sizes/formatSizes.ts')
      context.stdout.write(formatSizes(report, top))
    }
    return EXIT.done
  },
})
