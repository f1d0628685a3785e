import { NODE_FLAGS } from '../../builders/nodes/nodeFlags.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { parseTemplate, type TemplateValue } from '../../format/goTemplate.ts'

export const historyInspect = defineCommand({
  usage: '[OPTIONS] [BUILD]',
  summary: 'Show what a build was made from, how it went, and where its time went; the last one where none is named',
  flags: {
    format: { kind: 'text', value: 'FORMAT', help: 'pretty, json, or a Go template', fallback: 'pretty' },
    ...NODE_FLAGS,
  },
  operands: [0, 1],
  async run({ flags, operands }, context, signal) {
    const template = flags.format === 'pretty' || flags.format === 'json' ? undefined : parseTemplate(flags.format)
    const [{ openNodes }, { findNodeBuild, replayTrace }, { describeBuild }, { formatBuild }] = await Promise.all([
      import('../../builders/nodes/openNodes.ts'),
      import('../../history/queryBuilds.ts'),
      import('../../history/describeBuild.ts'),
      import('../../history/formatBuild.ts'),
    ])
    const [{ readAttachments }, { createEngineBlobs }] = await Promise.all([import('../../history/attachments.ts'), import('../../../driver/engineBlobs.ts')])
    await using nodes = await openNodes(flags, context, signal)
    const build = await findNodeBuild(nodes, operands[0] ?? '', signal)
    const attachments = await readAttachments(build.message, createEngineBlobs(build.engine), signal)
    const description = describeBuild(build, { trace: await replayTrace(build.engine, build, signal), attachments }, context.now())
    const json = JSON.stringify(description, undefined, 2)
    if (template !== undefined) context.stdout.write(`${template.apply(JSON.parse(json) as TemplateValue)}\n`)
    else context.stdout.write(flags.format === 'json' ? `${json}\n` : formatBuild(description))
    return EXIT.done
  },
})
