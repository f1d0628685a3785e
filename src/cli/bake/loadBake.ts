import { formatPlatform } from '../../ground/platform.ts'
import type { BakeFile } from '../../project/bake/bakeFile.ts'
import type { BakeDefinition } from '../../project/bake/bakeDefinition.ts'
import { attestFlag } from '../../project/bake/entries/attestEntry.ts'
import { parseOverride, tableOverrides } from '../../project/bake/resolve/overrides.ts'
import { HERE, placeTargets } from '../../project/bake/resolve/placeTargets.ts'
import { readDefinition } from '../../project/bake/readDefinition.ts'
import { resolveTargets } from '../../project/bake/resolve/resolveTargets.ts'
import type { ResolvedBake } from '../../project/bake/resolve/resolvedBake.ts'
import type { CommandContext } from '../command.ts'
import { splitCsv } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'
import { localPlatform } from '../localPlatform.ts'
import type { BakeFlags } from './bakeFlags.ts'
import { createFunctionLibrary } from './functionLibrary.ts'
import { namesFromEnvironment, readLocalFiles } from './readLocalFiles.ts'

type Environment = (name: string) => string | undefined

/** What the files say; warnings are told on stderr. @throws UsageError; BakeError; HclError */
export async function loadDefinition(flags: BakeFlags, context: CommandContext): Promise<BakeDefinition> {
  const files = await readFiles(flags, context)
  if (files.length === 0) throw new UsageError('there is no bake definition here', { hint: 'write docker-bake.hcl, or name a file by --file' })
  const definition = readDefinition(files, {
    builtin: new Map([['BAKE_CMD_CONTEXT', HERE], ['BAKE_LOCAL_PLATFORM', formatPlatform(localPlatform())]]),
    environment: environmentOf(flags, context.env),
    functions: createFunctionLibrary(),
    readCompose([file]) {
      throw new UsageError(`${file?.name ?? 'a Compose file'}: Compose files are not read by bake yet`)
    },
  })
  for (const warning of definition.warnings) context.stderr.write(`warning: ${warning}\n`)
  return definition
}

/** What is to be built of it. @throws BakeError */
export function resolveBake(definition: BakeDefinition, names: readonly string[], flags: BakeFlags, context: CommandContext): ResolvedBake {
  const overrides = overrideTexts(flags).flatMap((text) => parseOverride(text, environmentOf(flags, context.env)) ?? [])
  const all = definition.targets.map(({ name }) => name)
  const resolved = resolveTargets(definition, names.length === 0 ? ['default'] : names, tableOverrides(overrides, all))
  for (const warning of resolved.warnings) context.stderr.write(`warning: ${warning}\n`)
  return placeTargets(withEpoch(resolved, context.env['SOURCE_DATE_EPOCH']))
}

async function readFiles(flags: BakeFlags, context: CommandContext): Promise<readonly BakeFile[]> {
  const names = flags.file.length > 0 ? flags.file : namesFromEnvironment(context.env)
  return await readLocalFiles(names.map((name) => (name.startsWith(HERE) ? name.slice(HERE.length) : name)), context)
}

/** The command line before the environment, which may be left out altogether. @throws UsageError */
function environmentOf({ var: assignments }: BakeFlags, env: CommandContext['env']): Environment {
  const set = new Map(assignments.filter((text) => text !== '').map(readAssignment))
  const isOpen = !['1', 't', 'T', 'TRUE', 'true', 'True'].includes(env['BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP'] ?? '')
  return (name) => set.get(name) ?? (isOpen ? env[name] : undefined)
}

function readAssignment(text: string): readonly [string, string] {
  const sign = text.indexOf('=')
  if (sign <= 0) throw new UsageError(`invalid --var ${JSON.stringify(text)}`, { hint: 'write --var NAME=VALUE' })
  return [text.slice(0, sign), text.slice(sign + 1)]
}

/** What the short forms stand for, behind what `--set` says. */
function overrideTexts(flags: BakeFlags): readonly string[] {
  const attests = [attestFlag('sbom', flags.sbom ?? ''), attestFlag('provenance', flags.provenance ?? '')]
  const method = callMethod(flags)
  return [
    ...flags.set,
    ...(flags.push ? ['*.push=true'] : []),
    ...(flags.load ? ['*.load=true'] : []),
    ...(method === undefined ? [] : [`*.call=${method}`]),
    ...(flags['no-cache'] === undefined ? [] : [`*.no-cache=${String(flags['no-cache'])}`]),
    ...(flags.pull === undefined ? [] : [`*.pull=${String(flags.pull)}`]),
    ...attests.filter((attest) => attest !== undefined).map((attest) => `*.attest=${attest}`),
  ]
}

/** By BuildKit's name, as buildx prints it; how the answer is formatted is no part of a target. */
function callMethod(flags: BakeFlags): string | undefined {
  const [method = 'build'] = flags.check ? ['check'] : splitCsv(flags.call ?? 'build')
  if (method === 'build') return undefined
  return method === 'check' ? 'lint' : method
}

/** As with buildx, the environment's is an argument of every target that has none of its own. */
function withEpoch(resolved: ResolvedBake, epoch: string | undefined): ResolvedBake {
  if (epoch === undefined || epoch === '') return resolved
  const targets = [...resolved.targets].map(([name, target]) => [name, target.args.has(EPOCH) ? target : { ...target, args: new Map([...target.args, [EPOCH, epoch]]) }] as const)
  return { ...resolved, targets: new Map(targets) }
}

const EPOCH = 'SOURCE_DATE_EPOCH'

