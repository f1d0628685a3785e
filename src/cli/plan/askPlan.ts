import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { BuildRequest, EngineClient, OutputRequest } from '../../driver/driver.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import { prepareBuild } from '../build/prepareBuild.ts'
import { chooseBuilder } from '../builders/chooseBuilder.ts'
import type { CommandContext } from '../command.ts'
import { openEngine } from '../engine.ts'
import { EXIT } from '../exitCode.ts'
import { userCredentials } from '../registry/registryAccess.ts'
import { openDisplay } from '../render/display.ts'
import { askForPlan, drawPlan } from './planAnswer.ts'
import type { PlanFlags } from './planFlags.ts'

/** Has the engine plan, and shows it. Exit code 1 where a build would fail before it starts. */
export async function askPlan(flags: PlanFlags, path: string, context: CommandContext, signal: AbortSignal): Promise<number> {
  const none = { quiet: false, check: false, call: 'build', iidfile: undefined, 'metadata-file': undefined } as const
  const { requests: [step], progress } = await prepareBuild({ ...flags, ...none }, { path }, context, signal)
  const reaching = withInsecureRegistries(context, flags['insecure-registry'])
  const attributes = new Map([...step.attributes, ['requestid', 'pelago.plan'], ['pelago.output', outputOf(step.outputs)]])
  const request: BuildRequest = { ...step, attributes, outputs: [], credentials: userCredentials(context) }
  const mode = progress === 'auto' && context.stderr.isTTY !== true ? 'none' : progress
  const builder = await chooseBuilder(reaching)
  if (builder.nodes.length > 1) {
    const { planOverNodes } = await import('./planOverNodes.ts')
    return await planOverNodes(builder, { request, mode, isJson: flags.format === 'json' }, reaching, signal)
  }
  await using engine = await openEngine(reaching, signal)
  await checkPlanner(engine, signal)
  const answer = await (async () => {
    using display = openDisplay(mode, context)
    return await askForPlan(engine, request, { context, sink: display.sink }, signal)
  })()
  if (flags.format === 'json') context.stdout.write(`${answer.json}\n`)
  else context.stdout.write(drawPlan(answer, context))
  return answer.isFine ? EXIT.done : EXIT.failed
}

/** In the words of the attribute. A push copies what the registry lacks of the base images, through here. */
function outputOf(outputs: readonly OutputRequest[]): 'none' | 'files' | 'push' {
  if (outputs.some(({ type }) => ['oci', 'docker', 'tar', 'local'].includes(type))) return 'files'
  return outputs.some(({ attributes }) => attributes.get('push') === 'true') ? 'push' : 'none'
}

/** @throws UnsupportedByPeerError where the engine is a buildkitd */
export async function checkPlanner({ local }: EngineClient, signal: AbortSignal): Promise<void> {
  try {
    await local.describe({}, { signal })
  } catch (error) {
    if (!(error instanceof UnsupportedByPeerError)) throw error
    throw new UnsupportedByPeerError('the builder is no engine of Pelago\'s, and makes no plans', { hint: 'leave out --builder to plan with this machine\'s own engine', cause: error })
  }
}
