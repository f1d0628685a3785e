import { NODE_FLAGS } from '../../builders/nodes/nodeFlags.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

export const historyInspectAttachment = defineCommand({
  usage: '[OPTIONS] [BUILD [DIGEST]]',
  summary: 'Print what is kept of a build beside its log: provenance, SBOM, index, manifest or config; of the last build where none is named',
  flags: {
    platform: { kind: 'text', value: 'PLATFORM', help: 'Only what is of this platform' },
    type: { kind: 'text', value: 'TYPE', help: 'provenance, sbom, index, manifest, image, or a media type or predicate type' },
    ...NODE_FLAGS,
  },
  operands: [0, 2],
  async run({ flags, operands: [text = '', digest] }, context, signal) {
    if (digest === undefined && flags.type === undefined && flags.platform === undefined) throw new UsageError('nothing says which attachment is meant', { hint: 'give --type, --platform or a digest; pelago history inspect names what there is' })
    const [{ openNodes }, { findNodeBuild }, { chooseAttachment, printAttachment }, { createEngineBlobs }] = await Promise.all([
      import('../../builders/nodes/openNodes.ts'),
      import('../../history/queryBuilds.ts'),
      import('../../history/chooseAttachment.ts'),
      import('../../../driver/engineBlobs.ts'),
    ])
    await using nodes = await openNodes(flags, context, signal)
    const build = await findNodeBuild(nodes, text, signal)
    const blobs = createEngineBlobs(build.engine)
    const chosen = await chooseAttachment(build, { digest, ...flags }, blobs, signal)
    await printAttachment(chosen, blobs, context.stdout, signal)
    return EXIT.done
  },
})
