import { parseGoBoolean } from '../../ground/goBoolean.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { redactUrls } from '../../ground/urlText.ts'
import { type BakeFile, formatOf } from '../../project/bake/bakeFile.ts'
import type { BakeDefinition } from '../../project/bake/bakeDefinition.ts'
import { attestFlag } from '../../project/bake/entries/attestEntry.ts'
import { type Override, parseOverride, tableOverrides } from '../../project/bake/resolve/overrides.ts'
import { HERE, isRemote, placeTargets } from '../../project/bake/resolve/placeTargets.ts'
import { type DefinitionSources, readDefinition } from '../../project/bake/readDefinition.ts'
import type { RemoteDefinition } from '../../project/bake/remote.ts'
import { resolveTargets } from '../../project/bake/resolve/resolveTargets.ts'
import type { ResolvedBake } from '../../project/bake/resolve/resolvedBake.ts'
import type { CommandContext } from '../command.ts'
import { splitCsv } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'
import { localPlatform } from '../localPlatform.ts'
import { parseProgressMode } from '../render/progressMode.ts'
import type { BakeFlags } from './bakeFlags.ts'
import { createFunctionLibrary } from './functionLibrary.ts'
import { namesFromEnvironment, readLocalFiles } from './readLocalFiles.ts'

type Environment = (name: string) => string | undefined

/** A definition, and what of the command's operands is left: names of targets. */
export interface LoadedBake {
  readonly definition: BakeDefinition
  /** Undefined for one of here. */
  readonly remote: RemoteDefinition | undefined
  readonly names: readonly string[]
}

/** What the files say, be they here or where the first operand points to; warnings are told on stderr. @throws UsageError; BakeError; HclError */
export async function loadBake(flags: BakeFlags, operands: readonly string[], context: CommandContext, signal: AbortSignal): Promise<LoadedBake> {
  const { url, commandContext, names } = readOperands(operands)
  const { files, remote } = await readFiles(url, flags, context, signal)
  if (files.length === 0) throw new UsageError(`there is no bake definition ${url === undefined ? 'here' : `in ${redactUrls(url)}`}`, { hint: 'write docker-bake.hcl, or name a file by --file' })
  const readCompose = await composeReader(files, { flags, isForeign: remote !== undefined }, context, signal)
  const definition = readDefinition(files, {
    builtin: new Map([['BAKE_CMD_CONTEXT', commandContext], ['BAKE_LOCAL_PLATFORM', formatPlatform(localPlatform())]]),
    environment: environmentOf(flags, context.env),
    functions: createFunctionLibrary(),
    readCompose,
  })
  for (const warning of definition.warnings) context.stderr.write(`warning: ${warning}\n`)
  return { definition, remote, names }
}

/** Cheap where no file may be one of Compose's. */
async function composeReader(files: readonly BakeFile[], { flags, isForeign }: { readonly flags: BakeFlags; readonly isForeign: boolean }, context: CommandContext, signal: AbortSignal): Promise<DefinitionSources['readCompose']> {
  if (files.every((file) => ['hcl', 'json'].includes(formatOf(file)))) return () => ({ groups: [], targets: [] })
  const { openComposeReader } = await import('./readComposeFiles.ts')
  const variableNames = [...Object.keys(context.env), ...flags.var.map((text) => text.split('=', 1).join(''))]
  return await openComposeReader(files, { context, variableNames, lookup: environmentOf(flags, context.env), foreign: isForeign ? { allow: flags.allow } : undefined }, signal)
}

/** `[URL [CONTEXT]] [TARGET...]`: a second URL is what the definition may take for its context. */
function readOperands(operands: readonly string[]): { readonly url: string | undefined; readonly commandContext: string; readonly names: readonly string[] } {
  const [url, second] = operands
  if (url === undefined || !isRemote(url)) return { url: undefined, commandContext: HERE, names: operands }
  if (second === undefined || !isRemote(second)) return { url, commandContext: HERE, names: operands.slice(1) }
  return { url, commandContext: second, names: operands.slice(2) }
}

/** What is to be built of it. @throws BakeError */
export function resolveBake({ definition, remote, names }: LoadedBake, flags: BakeFlags, context: CommandContext): ResolvedBake {
  const overrides = readOverrides(flags, context)
  const all = definition.targets.map(({ name }) => name)
  const resolved = resolveTargets(definition, names.length === 0 ? ['default'] : names, tableOverrides(overrides, all))
  for (const warning of resolved.warnings) context.stderr.write(`warning: ${warning}\n`)
  return placeTargets(withEpoch(resolved, context.env['SOURCE_DATE_EPOCH']), remote)
}

/** What the command line overrides. @throws BakeError */
export function readOverrides(flags: BakeFlags, { env }: Pick<CommandContext, 'env'>): readonly Override[] {
  return overrideTexts(flags).flatMap((text) => parseOverride(text, environmentOf(flags, env)) ?? [])
}

interface ReadFiles {
  readonly files: readonly BakeFile[]
  readonly remote: RemoteDefinition | undefined
}

/** Of a remote definition, files of here are those that say so; they are put on top. */
async function readFiles(url: string | undefined, flags: BakeFlags, context: CommandContext, signal: AbortSignal): Promise<ReadFiles> {
  const names = flags.file.length > 0 ? flags.file : namesFromEnvironment(context.env)
  const isHere = (name: string): boolean => name.startsWith(HERE)
  const here = names.map((name) => (isHere(name) ? name.slice(HERE.length) : name))
  if (url === undefined) return { files: await readLocalFiles(here, context), remote: undefined }
  const { readRemoteFiles } = await import('./readRemoteFiles.ts')
  const { files, remote } = await readRemoteFiles(url, names.filter((name) => !isHere(name)), { progress: parseProgressMode(flags.progress), context }, signal)
  const own = here.filter((_, index) => isHere(names[index] ?? ''))
  return { files: [...files, ...(own.length === 0 ? [] : await readLocalFiles(own, context))], remote }
}

/** The command line before the environment, which may be left out altogether. @throws UsageError */
function environmentOf({ var: assignments }: BakeFlags, env: CommandContext['env']): Environment {
  const set = new Map(assignments.filter((text) => text !== '').map(readAssignment))
  const isOpen = parseGoBoolean(env['BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP'] ?? '') !== true
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

