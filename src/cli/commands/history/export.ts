import { NODE_FLAGS } from '../../builders/nodes/nodeFlags.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

export const historyExport = defineCommand({
  usage: '[OPTIONS] [BUILD...]',
  summary: 'Write builds with their logs to a file that Docker Desktop can import',
  flags: {
    all: { kind: 'switch', help: 'All builds that are over' },
    finalize: { kind: 'switch', help: 'Wait until all of a build is kept: it always is' },
    ...NODE_FLAGS,
    output: { kind: 'text', short: 'o', value: 'FILE', help: 'Where to write to (default stdout)' },
  },
  operands: [0, Infinity],
  async run({ flags, operands }, context, signal) {
    if (flags.all && operands.length > 0) throw new UsageError('--all takes no builds', { hint: 'name builds, or give --all' })
    if (flags.output === undefined && context.stdout.isTTY === true) throw new UsageError('an archive is not written to a terminal', { hint: 'name a file, --output FILE, or redirect stdout' })
    const [{ openNodes }, { findNodeBuild, queryNodeBuilds, BuildMissingError }, { formatBuildArchive }, { writeArchive }, { createEngineBlobs }] = await Promise.all([
      import('../../builders/nodes/openNodes.ts'),
      import('../../history/queryBuilds.ts'),
      import('../../history/buildArchive.ts'),
      import('../../images/archiveFile.ts'),
      import('../../../driver/engineBlobs.ts'),
    ])
    await using nodes = await openNodes(flags, context, signal)
    const named = []
    for (const text of operands.length === 0 && !flags.all ? [''] : operands) named.push(await findNodeBuild(nodes, text, signal))
    const builds = (flags.all ? await queryNodeBuilds(nodes, [], signal) : named).filter(({ status }) => status !== 'running')
    if (builds.length === 0) throw new BuildMissingError('no builds are remembered that are over', { hint: 'see pelago history ls' })
    await writeArchive(formatBuildArchive(builds.map((build) => ({ ...build, blobs: createEngineBlobs(build.engine) })), signal), flags.output, context, signal)
    if (flags.all) nodes.finish()
    return EXIT.done
  },
})
