import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const platformsExplain = defineCommand({
  usage: '[OPTIONS] [PLATFORM]',
  summary: 'Say what a platform is, how it runs here, and which images it takes',
  flags: {
    format: { kind: 'text', value: 'FORMAT', help: 'How it is told', choices: ['table', 'json'], fallback: 'table' },
  },
  operands: [0, 1],
  async run({ flags, operands: [written] }, context, signal) {
    const { explainHere } = await import('../../platforms/explainHere.ts')
    const { formatExplanation } = await import('../../platforms/formatExplanation.ts')
    const explanation = await explainHere({ written }, context, signal)
    context.stdout.write(flags.format === 'json' ? `${JSON.stringify(explanation, null, 2)}\n` : formatExplanation(explanation))
    return explanation.runs.kind === 'missing' ? EXIT.failed : EXIT.done
  },
})
