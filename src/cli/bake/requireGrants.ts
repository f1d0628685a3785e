import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { parseGoBoolean } from '../../ground/goBoolean.ts'
import { describeGrant, formatGrant, type Grant, parseGrant, type WantedGrant } from '../../project/bake/grants/grant.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** `--allow` and the command line before what a definition asks for. */
export interface GrantRequest {
  readonly wanted: readonly WantedGrant[]
  /** By the command line: `--set`. */
  readonly given: readonly Grant[]
  /** `--allow`. */
  readonly allow: readonly string[]
}

/**
 * Asks at the terminal for what is wanted and not granted. The working folder is open to every definition.
 * @throws UsageError where there is no terminal, or the answer is no
 */
export async function requireGrants({ wanted, given, allow }: GrantRequest, context: CommandContext, signal: AbortSignal): Promise<void> {
  const place = context.workingFolder
  const granted = await realGrants([{ kind: 'fs.read', value: '.' }, { kind: 'fs.write', value: '.' }, ...given, ...allow.flatMap(parseGrant)], place)
  const asked = (await realGrants(wanted, place)).filter((grant) => !granted.some((one) => covers(one, grant)))
  const missing = fileChecksAreOff(context.env) ? asked.filter(({ kind }) => !kind.startsWith('fs.') && kind !== 'ssh') : asked
  if (missing.length === 0) return
  // a folder's grant is one for what is in it
  const flags = [...new Set(missing.filter((grant) => !missing.some((other) => other.value !== grant.value && covers(other, grant))).map(formatGrant))]
  const lines = missing.map((grant) => `  - ${describeGrant(grant)} (${grant.purpose})\n`)
  context.stderr.write(`The definition asks for what it is not granted:\n${[...new Set(lines)].join('')}`)
  const hint = `if you trust it, pass ${flags.map(quote).join(' ')}`
  if (context.openStdin().isTTY !== true) throw new UsageError('the definition asks for more than it may have', { hint })
  const { confirm } = await import('../confirm.ts')
  if (!(await confirm('Grant it, and go on?', context, signal))) throw new UsageError('the definition was not granted what it asks for', { hint })
}

/** As buildx has it: 0 leaves files and agents to the definition. @throws UsageError */
function fileChecksAreOff(env: CommandContext['env']): boolean {
  const text = env['BUILDX_BAKE_ENTITLEMENTS_FS'] ?? ''
  if (text === '') return false
  const isOn = parseGoBoolean(text)
  if (isOn === undefined) throw new UsageError(`BUILDX_BAKE_ENTITLEMENTS_FS is ${JSON.stringify(text)}`, { hint: 'set it to 0 or 1, or unset it' })
  return !isOn
}

/** Paths as they really are, links followed as far as there is something. */
async function realGrants<T extends Grant>(grants: readonly T[], folder: string): Promise<readonly T[]> {
  return await Promise.all(grants.map(async (grant) => (grant.kind.startsWith('fs.') && grant.value !== '*' ? { ...grant, value: await realPath(resolve(folder, grant.value)) } : grant)))
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    return dirname(path) === path ? path : join(await realPath(dirname(path)), basename(path))
  }
}

function covers(given: Grant, { kind, value }: Grant): boolean {
  if (given.kind !== kind) return false
  if (!kind.startsWith('fs.')) return given.value === '' || given.value === value
  return given.value === '*' || value === given.value || value.startsWith(given.value.endsWith(sep) ? given.value : given.value + sep)
}

function quote(flag: string): string {
  return /^[\w./=@:+-]+$/.test(flag) ? flag : `'${flag.replaceAll("'", "'\\''")}'`
}
