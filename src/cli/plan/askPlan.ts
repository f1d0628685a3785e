import { styleText } from 'node:util'
import { UnsupportedByPeerError } from '../../api/errorMapping.ts'
import { createAskFrontend } from '../../driver/askFrontend.ts'
import type { EngineClient, OutputRequest } from '../../driver/driver.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import { prepareBuild } from '../build/prepareBuild.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { openEngine } from '../engine.ts'
import { EXIT } from '../exitCode.ts'
import { userCredentials } from '../registry/registryAccess.ts'
import { openDisplay } from '../render/display.ts'
import { usesColor } from '../terminal.ts'
import { formatPlan } from './formatPlan.ts'
import type { PlanFlags } from './planFlags.ts'
import { parsePlan } from './parsePlan.ts'

/** Has the engine plan, and shows it. Exit code 1 where a build would fail before it starts. */
export async function askPlan(flags: PlanFlags, path: string, context: CommandContext, signal: AbortSignal): Promise<number> {
  const none = { quiet: false, check: false, call: 'build', iidfile: undefined, 'metadata-file': undefined } as const
  const { requests: [request], progress } = await prepareBuild({ ...flags, ...none }, { path }, context, signal)
  await using engine = await openEngine(withInsecureRegistries(context, flags['insecure-registry']), signal)
  await checkPlanner(engine, signal)
  const answer = new Map<string, string>()
  {
    using display = openDisplay(progress === 'auto' && context.stderr.isTTY !== true ? 'none' : progress, context)
    const attributes = new Map([...request.attributes, ['requestid', 'pelago.plan'], ['pelago.output', outputOf(request.outputs)]])
    const ask = createAskFrontend(clientParts(context))
    for (const [key, value] of await ask(engine, { ...request, attributes, outputs: [], credentials: userCredentials(context) }, display.sink, signal)) answer.set(key, value)
  }
  const json = answer.get('result.json') ?? '{}'
  if (flags.format === 'json') context.stdout.write(`${json}\n`)
  else context.stdout.write(formatPlan(parsePlan(json), usesColor(context.stdout, context.env) ? styleText : (_: string, text: string) => text))
  return answer.get('result.statuscode') === '0' ? EXIT.done : EXIT.failed
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
