import { BakeError } from '../bakeError.ts'
import { formatFields, splitFields } from './entry.ts'

/** '' is what is not said. */
export interface SecretEntry {
  readonly id: string
  readonly source: string
  readonly variable: string
}

/** `id=NAME,src=FILE`, `id=NAME,env=VARIABLE`. @throws BakeError */
export function parseSecretEntry(text: string): SecretEntry {
  const fields = new Map(splitFields(text).map((field) => readField(field)))
  const type = fields.get('type') ?? 'file'
  if (type !== 'file' && type !== 'env') throw new BakeError(`unsupported secret type ${JSON.stringify(type)}`, { hint: 'use file or env' })
  const [id = '', source = '', variable = ''] = ['id', 'src', 'env'].map((key) => fields.get(key))
  return type === 'env' && variable === '' ? { id, source: '', variable: source } : { id, source, variable }
}

function readField(field: string): readonly [key: string, value: string] {
  const sign = field.indexOf('=')
  if (sign < 0) throw new BakeError(`invalid field '${field}' must be a key=value pair`, { hint: HINT })
  const written = field.slice(0, sign).toLowerCase()
  const key = written === 'source' ? 'src' : written
  if (!KEYS.includes(key)) throw new BakeError(`unexpected key '${key}' in '${field}'`, { hint: HINT })
  return [key, field.slice(sign + 1)]
}

const KEYS = ['id', 'src', 'env', 'type']
const HINT = 'write id=NAME,src=FILE or id=NAME,env=VARIABLE'

export function formatSecretEntry({ id, source, variable }: SecretEntry): string {
  return formatFields(([['id', id], ['src', source], ['env', variable]] as const).filter(([, value]) => value !== ''))
}

export function isSameSecret(a: SecretEntry, b: SecretEntry): boolean {
  return a.id === b.id && a.source === b.source && a.variable === b.variable
}
