import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const inspect = defineCommand({
  usage: '[OPTIONS] [NAME]',
  summary: 'Show a builder: its engine, and what platforms it builds for',
  flags: {
    bootstrap: { kind: 'switch', help: 'Start the engine first' },
    format: { kind: 'text', short: 'f', value: 'TEMPLATE', help: 'Go template, or json' },
  },
  operands: [0, 1],
  unsupported: ['size', '-s', 'type'],
  async run({ flags, operands: [name] }, context, signal) {
    const { parseTemplate } = await import('../../format/goTemplate.ts')
    const template = flags.format === undefined ? undefined : parseTemplate(flags.format)
    const { chooseBuilder } = await import('../../builders/chooseBuilder.ts')
    const chosen = name === undefined ? context : { ...context, builder: name }
    const builder = await chooseBuilder(chosen)
    if (flags.bootstrap) {
      const { openEngine } = await import('../../engine.ts')
      await using engine = await openEngine(chosen, signal)
      await engine.control.listWorkers({}, { signal })
    }
    const { readBuilder } = await import('../../builders/readBuilders.ts')
    const { builderFields, formatBuilder } = await import('../../builders/formatBuilders.ts')
    const state = await readBuilder(builder, context, signal)
    context.stdout.write(template === undefined ? formatBuilder(state) : `${template.apply(builderFields(state))}\n`)
    return EXIT.done
  },
})
