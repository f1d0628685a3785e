import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const info = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show the engine, its store and this machine',
  flags: {
    format: { kind: 'text', short: 'f', value: 'TEMPLATE', help: 'Go template, or json; the fields are those of docker info' },
  },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const { parseTemplate } = await import('../../format/goTemplate.ts')
    const template = flags.format === undefined ? undefined : parseTemplate(flags.format)
    const { openEngine } = await import('../../engine.ts')
    const { formatEngineInfo, readEngineInfo } = await import('../../format/engineInfo.ts')
    await using engine = await openEngine(context, signal)
    const facts = await readEngineInfo(engine, signal)
    context.stdout.write(template === undefined ? formatEngineInfo(facts) : `${template.apply({ ...facts })}\n`)
    return EXIT.done
  },
})
