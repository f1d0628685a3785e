import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const platformsExplain = defineCommand({
  usage: '[OPTIONS] [PLATFORM [IMAGE]]',
  summary: 'Say what a platform is, how it runs here, which images it takes, and what it gets of IMAGE',
  flags: {
    format: { kind: 'text', value: 'FORMAT', help: 'How it is told', choices: ['table', 'json'], fallback: 'table' },
  },
  operands: [0, 2],
  async run({ flags, operands: [written, image] }, context, signal) {
    const { explainHere } = await import('../../platforms/explainHere.ts')
    const { formatExplanation } = await import('../../platforms/formatExplanation.ts')
    const explanation = await explainHere({ written, image }, context, signal)
    context.stdout.write(flags.format === 'json' ? `${JSON.stringify(explanation, null, 2)}\n` : formatExplanation(explanation))
    const { runs, image: choice } = explanation
    const isFine = choice === undefined ? runs.kind !== 'missing' : choice.manifests.some(({ isChosen }) => isChosen)
    return isFine ? EXIT.done : EXIT.failed
  },
})
