import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const imageTag = defineCommand({
  usage: 'NAME NEWNAME',
  summary: 'Give a local image another name',
  flags: {},
  operands: [2, 2],
  async run({ operands: [source = '', target = ''] }, context, signal) {
    const { parseReference } = await import('../../../ground/reference.ts')
    const { openEngine } = await import('../../engine.ts')
    parseReference(target)
    await using engine = await openEngine(context, signal)
    await engine.local.tagImage({ source, target }, { signal })
    return EXIT.done
  },
})
