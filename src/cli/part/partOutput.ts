import { formatRepository, type Reference } from '../../ground/reference.ts'
import type { BuildFlags } from '../build/buildFlags.ts'
import { parseTags } from '../build/outputs.ts'
import { splitCsv, splitKeyValue } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'

/** The flags of a build whose part is asked for, with the one output that it has: a push by digest, which touches no tag. @throws UsageError for what does not go together */
export function partFlags(flags: BuildFlags): BuildFlags {
  refuseOthers(flags)
  const asked = flags.output.map(readOutput)
  const [output = new Map<string, string>()] = asked
  if (asked.length > 1) throw new UsageError('--part goes with one output', { hint: 'build once for each' })
  const repository = findRepository(parseTags(flags.tag), output.get('name'))
  const host = repository.slice(0, repository.indexOf('/'))
  const attributes = new Map([
    ...[...output].filter(([key]) => key !== 'name-canonical'),
    ...(flags['insecure-registry'].includes(host) ? ([['registry.insecure', 'true']] as const) : []),
    ['type', 'image'], ['name', repository], ['push', 'true'], ['push-by-digest', 'true'],
  ] as const)
  return { ...flags, tag: [], push: false, output: [[...attributes].map(([key, value]) => quote(`${key}=${value}`)).join(',')] }
}

function refuseOthers({ load, call, check }: BuildFlags): void {
  const hint = 'leave out one of the two'
  if (load) throw new UsageError('--part and --load exclude each other: a part is what a registry has', { hint })
  if (check || call !== 'build') throw new UsageError(`--part and ${check ? '--check' : `--call=${call}`} exclude each other: nothing is built`, { hint })
}

/** Its fields. @throws UsageError for one that is no push */
function readOutput(text: string): ReadonlyMap<string, string> {
  const fields = new Map(splitCsv(text).map((field) => splitKeyValue(field.trim())).map(({ key, value }) => [key, value ?? '']))
  const type = fields.get('type') ?? (text === '-' ? 'tar' : 'local')
  if (type !== 'image' && type !== 'registry') throw new UsageError(`--part and --output type=${type} exclude each other: a part is what a registry has`, { hint: 'use --tag REPOSITORY, or --output type=image,name=REPOSITORY,push-by-digest=true' })
  for (const key of ['push', 'push-by-digest']) {
    if (['false', '0'].includes(fields.get(key) ?? '')) throw new UsageError(`--part and ${key}=false exclude each other: a part is pushed by digest`, { hint: `leave out ${key}` })
  }
  return fields
}

/** The one repository that the tags and the output name. */
function findRepository(tags: readonly Reference[], name: string | undefined): string {
  const named = (name ?? '').split(',').filter((text) => text !== '')
  const repositories = [...new Set([...tags, ...parseTags(named)].map(formatRepository))]
  const [only, ...others] = repositories
  if (only === undefined) throw new UsageError('--part needs a repository to push to', { hint: 'name it: --tag HOST/NAME:TAG (no tag is touched)' })
  if (others.length > 0) throw new UsageError(`--part goes with one repository, and there are ${repositories.join(', ')}`, { hint: 'push to one; pelago merge copies to others' })
  return only
}

function quote(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
