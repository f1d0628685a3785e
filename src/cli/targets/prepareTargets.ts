import { BuildError } from '../../ground/errors.ts'
import type { BuildTarget } from '../../project/buildTarget.ts'
import type { BuildFlags } from '../build/buildFlags.ts'
import { prepareBuild, type PreparedBuild } from '../build/prepareBuild.ts'
import { withBuilderDefaults } from '../builders/builderDefaults.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import { targetFlags } from './targetFlags.ts'
import { checkLinks } from './targetLinks.ts'

/** A target that was found to make sense. */
export interface PreparedTarget {
  readonly name: string
  readonly build: PreparedBuild
}

/** What is said of all targets, on top of what each says: `audit`, `insecure-registry` and the like. */
export type CommonFlags = Partial<Pick<BuildFlags, 'accelerate' | 'audit' | 'insecure-registry' | 'provenance' | 'sbom'>>

/** Everything that can be wrong with the targets as they are written is found here, before an engine is started. @throws UsageError */
export async function prepareTargets(targets: readonly BuildTarget[], common: CommonFlags, context: CommandContext, signal: AbortSignal): Promise<readonly PreparedTarget[]> {
  checkLinks(targets)
  const prepared: PreparedTarget[] = []
  for (const target of targets) prepared.push(await prepareTarget(target, common, context, signal))
  checkPlaces(prepared)
  return prepared
}

async function prepareTarget(target: BuildTarget, common: CommonFlags, context: CommandContext, signal: AbortSignal): Promise<PreparedTarget> {
  const { name, context: path, dockerfileInline: inlineDockerfile, secretVariables = new Map<string, string>() } = target
  const surroundings = { ...context, env: { ...context.env, ...Object.fromEntries(secretVariables) } }
  try {
    const flags = { ...(await targetFlags(target, context.workingFolder)), ...common }
    return { name, build: await prepareBuild(await withBuilderDefaults(flags, context), { path, inlineDockerfile }, surroundings, signal) }
  } catch (error) {
    if (!(error instanceof BuildError) || error.kind !== 'usage' || error.message.startsWith('target ')) throw error
    throw new UsageError(`target ${name}: ${error.message}`, { ...(error.hint !== undefined && { hint: error.hint }), cause: error })
  }
}

/** A file has one writer. Folders may be shared: what is put into one stands beside what is there. */
function checkPlaces(targets: readonly PreparedTarget[]): void {
  const writers = new Map<string, string>()
  for (const { name, place } of targets.flatMap((target) => placesOf(target).map((place) => ({ name: target.name, place })))) {
    const other = writers.get(place)
    if (other !== undefined && other !== name) throw new UsageError(`targets ${other} and ${name} both write ${place}`, { hint: 'give each a dest of its own' })
    writers.set(place, name)
  }
}

function placesOf({ build: { requests } }: PreparedTarget): readonly string[] {
  return requests.flatMap(({ outputs }) => outputs.flatMap(({ destination }) => (destination.kind === 'file' ? [destination.path] : destination.kind === 'stdout' ? ['stdout'] : [])))
}
