import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SecretFrom } from '../../../driver/driver.ts'
import type { CommandContext } from '../../command.ts'
import { splitCsv, splitKeyValue } from '../../flags/csv.ts'
import { nearest } from '../../../ground/nearest.ts'
import { UsageError } from '../../flags/usageError.ts'

const HINT = 'write id=NAME,src=FILE or id=NAME,env=VARIABLE'
const KEYS = ['id', 'src', 'source', 'env', 'type']

export type SecretPlace = Pick<CommandContext, 'env' | 'workingFolder'>

/**
 * `--secret`, by id. One that names neither file nor variable is the variable of its id, else the file. A variable that
 * is not set is an empty secret, as with buildx. @throws UsageError, where a file is not there, too
 */
export async function parseSecrets(texts: readonly string[], place: SecretPlace): Promise<ReadonlyMap<string, SecretFrom>> {
  const secrets = new Map<string, SecretFrom>()
  for (const text of texts) {
    const { id, from } = parseSecret(text, place)
    if (from.kind === 'file') await checkFile(from.path, text)
    secrets.set(id, from)
  }
  return secrets
}

function parseSecret(text: string, place: SecretPlace): { readonly id: string; readonly from: SecretFrom } {
  const fields = readFields(text)
  const id = fields.get('id') ?? ''
  const type = fields.get('type') ?? ''
  if (id === '') throw new UsageError(`invalid --secret: ${JSON.stringify(text)} has no id`, { hint: HINT })
  if (!['', 'file', 'env'].includes(type)) throw new UsageError(`unsupported secret type ${JSON.stringify(type)}`, { hint: 'use file or env' })
  const source = fields.get('src') ?? ''
  const variable = fields.get('env') ?? (type === 'env' ? source : '')
  return { id, from: whereFrom({ id, type, source, variable }, place) }
}

interface WrittenSecret {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly variable: string
}

function whereFrom({ id, type, source, variable }: WrittenSecret, { env, workingFolder }: SecretPlace): SecretFrom {
  if (variable !== '') return { kind: 'env', value: env[variable] ?? '' }
  if (source !== '') return { kind: 'file', path: resolve(workingFolder, source) }
  const value = type === 'file' ? undefined : env[id]
  return value === undefined && type !== 'env' ? { kind: 'file', path: resolve(workingFolder, id) } : { kind: 'env', value: value ?? '' }
}

function readFields(text: string): ReadonlyMap<string, string> {
  return new Map(
    splitCsv(text).map((field) => {
      const { key: written, value } = splitKeyValue(field)
      const key = written.toLowerCase()
      if (!KEYS.includes(key)) throw new UsageError(`unexpected key ${JSON.stringify(written)} in --secret ${JSON.stringify(text)}`, { hint: suggestion(key) })
      if (value === undefined) throw new UsageError(`invalid field ${JSON.stringify(field)} in --secret: it must be key=value`, { hint: HINT })
      return [key === 'source' ? 'src' : key, value] as const
    }),
  )
}

function suggestion(key: string): string {
  const close = nearest(key, KEYS)
  return close === undefined ? HINT : `did you mean ${close}? ${HINT}`
}

async function checkFile(path: string, text: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => error)
  if (found instanceof Error) throw new UsageError(`cannot read the file of --secret ${JSON.stringify(text)}: ${path}: ${'code' in found && found.code === 'ENOENT' ? 'no such file' : found.message}`, { hint: HINT, cause: found })
}
