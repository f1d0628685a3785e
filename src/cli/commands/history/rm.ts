import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { UsageError } from '../../flags/usageError.ts'

export const historyRm = defineCommand({
  usage: '[OPTIONS] [BUILD...]',
  summary: 'Forget builds',
  flags: {
    all: { kind: 'switch', help: 'Forget all builds that are over' },
  },
  operands: [0, Infinity],
  async run({ flags, operands }, context, signal) {
    if (flags.all === operands.length > 0) throw new UsageError(flags.all ? '--all takes no builds' : 'no build is named', { hint: 'name builds, or give --all' })
    const [{ openEngine }, { findBuild, queryBuilds }] = await Promise.all([import('../../engine.ts'), import('../../history/queryBuilds.ts')])
    await using engine = await openEngine(context, signal)
    const named = []
    for (const text of operands) named.push(await findBuild(engine, text, signal))
    const builds = flags.all ? (await queryBuilds(engine, [], signal)).filter(({ status }) => status !== 'running') : named
    for (const ref of new Set(builds.map((build) => build.ref))) {
      await engine.control.updateBuildHistory({ Ref: ref, Delete: true }, { signal })
      context.stdout.write(`${ref}\n`)
    }
    return EXIT.done
  },
})
