import { NODE_FLAGS } from '../../builders/nodes/nodeFlags.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const historyLogs = defineCommand({
  usage: '[OPTIONS] [BUILD]',
  summary: 'Show once more what a build printed; the last one where none is named',
  flags: {
    ...NODE_FLAGS,
    progress: { kind: 'text', value: 'MODE', help: 'How it is shown', choices: ['plain', 'rawjson', 'tty'], fallback: 'plain' },
  },
  operands: [0, 1],
  async run({ flags, operands }, context, signal) {
    const [{ openNodes }, { findNodeBuild, replayEvents }, { openDisplay }, { parseProgressMode }] = await Promise.all([
      import('../../builders/nodes/openNodes.ts'),
      import('../../history/queryBuilds.ts'),
      import('../../render/display.ts'),
      import('../../render/progressMode.ts'),
    ])
    await using nodes = await openNodes(flags, context, signal)
    const build = await findNodeBuild(nodes, operands[0] ?? '', signal)
    using display = openDisplay(parseProgressMode(flags.progress), { ...context, stderr: context.stdout })
    await replayEvents(build.engine, build, display.sink, signal)
    return EXIT.done
  },
})
