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
    const { findImageName } = await import('../../images/imageName.ts')
    await engine.local.tagImage({ source: await findImageName(engine, source, signal), target }, { signal })
    return EXIT.done
  },
})
