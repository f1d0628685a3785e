import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { PROGRESS_MODES, parseProgressMode } from '../../render/progressMode.ts'

export const dialStdio = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Join standard input and output to the engine of a builder, for programs that speak its API',
  flags: {
    platform: { kind: 'text', value: 'PLATFORM', variable: 'DOCKER_DEFAULT_PLATFORM', help: 'Platform to choose the node for' },
    progress: { kind: 'text', value: 'MODE', fallback: 'none', choices: PROGRESS_MODES, help: 'How the way to the engine is shown' },
  },
  operands: [0, 0],
  async run({ flags: { platform, progress } }, context, signal) {
    const { dialNode } = await import('../../builders/nodes/dialNode.ts')
    const { joinStreams } = await import('../../builders/nodes/joinStreams.ts')
    const { connection } = await dialNode({ platform, progress: parseProgressMode(progress) }, context, signal)
    await joinStreams(connection, { input: context.openStdin(), output: context.stdout }, signal)
    return EXIT.done
  },
})
