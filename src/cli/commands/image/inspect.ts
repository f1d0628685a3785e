import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { parseTemplate } from '../../format/goTemplate.ts'

export const imageInspect = defineCommand({
  usage: '[OPTIONS] NAME...',
  summary: 'Show what a local image holds',
  flags: {
    format: { kind: 'text', short: 'f', value: 'TEMPLATE', help: 'Go template, or json' },
    platform: { kind: 'text', value: 'PLATFORM', help: 'Show one platform only (default all, and this machine\'s first)' },
  },
  operands: [1, Infinity],
  async run({ flags, operands }, context, signal) {
    const template = flags.format === undefined ? undefined : parseTemplate(flags.format)
    const { openEngine } = await import('../../engine.ts')
    const { inspectLocalImage } = await import('../../images/inspectLocalImage.ts')
    await using engine = await openEngine(context, signal)
    const found = []
    for (const name of operands) found.push(await inspectLocalImage(engine, { name, platform: flags.platform }, signal))
    if (template === undefined) context.stdout.write(`${JSON.stringify(found, undefined, 4)}\n`)
    else for (const image of found) context.stdout.write(`${template.apply(image)}\n`)
    return EXIT.done
  },
})
