import type { BuildTarget } from '../../../project/buildTarget.ts'
import { toBuildTargets } from '../../../project/compose/targets/toBuildTargets.ts'
import { nodeAt, textAt } from '../../../project/compose/yaml/node.ts'
import { attestTypeOf } from '../../build/attest/attests.ts'
import type { CommandContext } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { splitKeyValue } from '../../flags/csv.ts'
import { UsageError } from '../../flags/usageError.ts'
import { parseProgressMode } from '../../render/progressMode.ts'
import { runTargets } from '../runTargets.ts'
import { formatBakeFile } from './bakeFile.ts'
import type { ComposeBuildFlags } from './composeBuildFlags.ts'
import { findServices, type NamedServices } from './composeServices.ts'

/** Builds the services that are named, all where none is; the exit code. @throws UsageError; what the loader of projects throws */
export async function buildServices(flags: ComposeBuildFlags, names: readonly string[], context: CommandContext, signal: AbortSignal): Promise<number> {
  const found = await findServices(flags, names, flags['with-dependencies'], { context, signal })
  const built = [...found.services].filter(([, service]) => nodeAt(service, 'build') !== undefined).map(([name]) => name)
  if (built.length === 0) {
    context.stderr.write('no service to build: none of them has a build\n')
    return EXIT.done
  }
  const targets = toBuildTargets(found.project, built).map((target) => withFlags(target, found, flags, context.env))
  if (flags.print) {
    context.stdout.write(formatBakeFile(targets, built))
    return EXIT.done
  }
  const isSilent = flags.quiet && !flags.check
  return await runTargets(targets, { progress: flags.quiet ? 'quiet' : parseProgressMode(flags.progress), isSilent, flags: { accelerate: flags.accelerate, provenance: flags.provenance, sbom: flags.sbom } }, context, signal)
}

/** What the command line says of all services. */
function withFlags(target: BuildTarget, { services }: NamedServices, flags: ComposeBuildFlags, env: CommandContext['env']): BuildTarget {
  const isPushed = flags.push && textAt(services.get(target.name), 'image') !== undefined
  const isReplaced = (attest: string): boolean => flags[attestTypeOf(attest) === 'sbom' ? 'sbom' : 'provenance'] !== undefined
  return {
    ...target,
    args: new Map([...target.args, ...readArguments(flags['build-arg'], env)]),
    ssh: mergeAgents(target.ssh, flags.ssh),
    attests: target.attests.filter((attest) => !isReplaced(attest)),
    pull: target.pull || flags.pull,
    noCache: target.noCache || flags['no-cache'],
    outputs: isPushed ? ['type=image,push=true'] : target.outputs,
    call: flags.check ? 'check' : target.call,
  }
}

/** One without a value that the environment does not have either says nothing. */
function readArguments(texts: readonly string[], env: CommandContext['env']): ReadonlyMap<string, string> {
  return new Map(
    texts.flatMap((text) => {
      const { key, value = env[key] } = splitKeyValue(text)
      if (key === '') throw new UsageError(`invalid --build-arg: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE, or KEY to take it from the environment' })
      return value === undefined ? [] : [[key, value] as const]
    }),
  )
}

/** Those of the command line stand for those of the file with the same id. */
function mergeAgents(written: readonly string[], given: readonly string[]): readonly string[] {
  const idOf = (text: string): string => splitKeyValue(text).key || 'default'
  const ids = new Set(given.map(idOf))
  return [...written.filter((text) => !ids.has(idOf(text))), ...given]
}
