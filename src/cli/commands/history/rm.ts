import { NODE_FLAGS } from '../../builders/nodes/nodeFlags.ts'
import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

export const historyRm = defineCommand({
  usage: '[OPTIONS] [BUILD...]',
  summary: 'Forget builds',
  flags: {
    all: { kind: 'switch', help: 'Forget all builds that are over' },
    ...NODE_FLAGS,
  },
  operands: [0, Infinity],
  async run({ flags, operands }, context, signal) {
    if (flags.all === operands.length > 0) throw new UsageError(flags.all ? '--all takes no builds' : 'no build is named', { hint: 'name builds, or give --all' })
    const [{ openNodes }, { findNodeBuild, queryNodeBuilds }] = await Promise.all([import('../../builders/nodes/openNodes.ts'), import('../../history/queryBuilds.ts')])
    await using nodes = await openNodes(flags, context, signal)
    const named = []
    for (const text of operands) named.push(await findNodeBuild(nodes, text, signal))
    const builds = flags.all ? (await queryNodeBuilds(nodes, [], signal)).filter(({ status }) => status !== 'running') : named
    for (const { ref, engine } of new Map(builds.map((build) => [build.ref, build])).values()) {
      await engine.control.updateBuildHistory({ Ref: ref, Delete: true }, { signal })
      context.stdout.write(`${ref}\n`)
    }
    if (flags.all) nodes.finish()
    return EXIT.done
  },
})
