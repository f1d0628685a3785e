import { defineCommand } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { formatTable } from '../format/table.ts'
import { parseTemplate } from '../format/goTemplate.ts'

export const platforms = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show which platforms run here, and how',
  flags: {
    format: { kind: 'text', value: 'TEMPLATE', help: 'Go template for each platform, or json' },
  },
  operands: [0, 0],
  async run({ flags }, context, signal) {
    const template = flags.format === undefined ? undefined : parseTemplate(flags.format)
    const { openEngine } = await import('../engine.ts')
    await using engine = await openEngine(context, signal)
    const { platforms: found } = await engine.local.describe({}, { signal })
    const rows = found.map(({ platform, emulator }) => ({ platform, runs: emulator === '' ? 'natively' : 'emulated', emulator }))
    context.stdout.write(
      template === undefined
        ? formatTable(['PLATFORM', 'RUNS', 'BY'], rows.map(({ platform, runs, emulator }) => [platform, runs, emulator]))
        : rows.map((row) => `${template.apply(row)}\n`).join(''),
    )
    return EXIT.done
  },
})
