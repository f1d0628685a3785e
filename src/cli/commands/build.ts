import { defineCommand, type CommandContext, type CommandLine } from '../command.ts'
import { BUILD_FLAGS, UNSUPPORTED_BUILD_FLAGS, type BuildFlags } from '../build/buildFlags.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { refuseContentTrust } from '../registry/contentTrust.ts'

export const build = defineCommand({
  usage: '[OPTIONS] PATH|URL|-',
  summary: 'Build an image from a Dockerfile, for one platform or many',
  flags: BUILD_FLAGS,
  operands: [1, 1],
  unsupported: UNSUPPORTED_BUILD_FLAGS,
  run: runBuild,
})

/** Everything that can be wrong with the command line is found before an engine is started. */
async function runBuild({ flags, operands }: CommandLine<typeof BUILD_FLAGS>, context: CommandContext, signal: AbortSignal): Promise<number> {
  checkFlags(flags, context.env)
  checkVariables(context)
  const { withBuilderDefaults } = await import('../builders/builderDefaults.ts')
  const asked = await withBuilderDefaults(flags, context)
  if (flags.part !== undefined) {
    const { performPart } = await import('../part/performPart.ts')
    await performPart(asked, flags.part, operands[0] ?? '', { context, signal })
    return EXIT.done
  }
  const { prepareBuild } = await import('../build/prepareBuild.ts')
  const prepared = await prepareBuild(asked, { path: operands[0] ?? '' }, context, signal)
  for (const notice of prepared.notices) context.stderr.write(`${notice}\n`)
  if (prepared.call !== undefined) {
    const { performCall } = await import('../build/performCall.ts')
    return await performCall(prepared, prepared.call, context, signal)
  }
  const { performBuild } = await import('../build/performBuild.ts')
  await performBuild(prepared, context, signal)
  return EXIT.done
}

function checkFlags(flags: BuildFlags, env: CommandContext['env']): void {
  if (flags.quiet && !['auto', 'quiet', env['BUILDKIT_PROGRESS']].includes(flags.progress)) throw new UsageError(`--quiet and --progress=${flags.progress} exclude each other`)
}

/** Those of buildx's by which a build would come out differently, and which are not read. */
function checkVariables({ env, stderr }: CommandContext): void {
  refuseContentTrust(env)
  if (!['', '0', 'false'].includes(env['BUILDX_GIT_LABELS'] ?? '')) stderr.write('note: BUILDX_GIT_LABELS is not supported yet: the image gets no labels from it\n')
}
