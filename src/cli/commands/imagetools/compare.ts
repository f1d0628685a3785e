import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const imagetoolsCompare = defineCommand({
  usage: '[OPTIONS] IMAGE IMAGE',
  summary: 'Compare two images platform by platform: names, OCI layouts or archives',
  flags: {
    format: { kind: 'text', value: 'FORMAT', help: 'How it is told', choices: ['table', 'json'], fallback: 'table' },
    platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Platform to compare (default all); local is this machine\'s own' },
  },
  operands: [2, 2],
  async run({ flags, operands: [first = '', second = ''] }, context, signal) {
    const { parsePlatformFlags } = await import('../../localPlatform.ts')
    const platforms = parsePlatformFlags(flags.platform)
    const { compareNamed, isSame } = await import('../../compare/comparison.ts')
    const { comparisonJson, formatComparison } = await import('../../compare/formatComparison.ts')
    const comparison = await compareNamed([first, second], platforms, context, signal)
    context.stdout.write(flags.format === 'json' ? comparisonJson(comparison) : formatComparison(comparison))
    return isSame(comparison) ? EXIT.done : EXIT.failed
  },
})
