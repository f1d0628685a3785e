import { parseGoBoolean } from '../../../ground/goBoolean.ts'
import { parseByteCount } from '../../../ground/quantity/byteSize.ts'
import { InvalidValueError } from '../../../ground/errors.ts'
import type { CacheSharing } from '../../../graph/vertex.ts'
import type { MountField, MountFlag } from '../../instructions/instruction.ts'
import { suggest } from '../../../ground/suggestion.ts'

/** What a `RUN --mount` says, its variables expanded. '' and undefined stand for what it does not say. */
export interface MountOptions {
  readonly type: MountType
  readonly source: string
  readonly target: string
  readonly id: string
  /** Variable of a secret. */
  readonly env: string | undefined
  readonly readonly: boolean
  readonly isRequired: boolean
  readonly sharing: CacheSharing
  /** 0 is no limit. */
  readonly sizeBytes: number
  readonly mode: number | undefined
  readonly uid: number | undefined
  readonly gid: number | undefined
}

export type MountType = (typeof TYPES)[number]

const TYPES = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const
const SHARINGS = ['shared', 'private', 'locked'] as const satisfies readonly CacheSharing[]

type Key = 'type' | 'from' | 'source' | 'target' | 'readonly' | 'id' | 'sharing' | 'required' | 'size' | 'mode' | 'uid' | 'gid' | 'env'

/** Every way to write an option. `rw` is the opposite of `readonly`. */
const KEYS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['type', 'type'], ['from', 'from'], ['source', 'source'], ['src', 'source'], ['target', 'target'], ['dst', 'target'], ['destination', 'target'],
  ['readonly', 'readonly'], ['ro', 'readonly'], ['readwrite', 'readonly'], ['rw', 'readonly'], ['id', 'id'], ['sharing', 'sharing'],
  ['required', 'required'], ['size', 'size'], ['mode', 'mode'], ['uid', 'uid'], ['gid', 'gid'], ['env', 'env'],
])

/** Those that only some types take; `source`, `id` and `readonly` are allowed anywhere, as BuildKit has it. */
const ONLY_FOR: ReadonlyMap<Key, readonly MountType[]> = new Map<Key, readonly MountType[]>([
  ['required', ['secret', 'ssh']],
  ['size', ['tmpfs']],
  ['env', ['secret']],
  ['sharing', ['cache']],
  ['mode', ['cache', 'secret', 'ssh']],
  ['uid', ['cache', 'secret', 'ssh']],
  ['gid', ['cache', 'secret', 'ssh']],
])

/** Options that take no value, or one of Go's words for true and false. */
const SWITCHES: ReadonlySet<string> = new Set(['readonly', 'ro', 'readwrite', 'rw', 'required'])

/** `expand` replaces the variables of a value. @throws InvalidValueError */
export function readMountOptions({ fields }: MountFlag, expand: (text: string) => string): MountOptions {
  const values = readValues(fields, expand)
  const type = choose('mount type', values.get('type') ?? 'bind', TYPES)
  for (const key of values.keys()) checkAllowed(key, type)
  const options: MountOptions = {
    type,
    source: values.get('source') ?? '',
    target: values.get('target') ?? '',
    id: values.get('id') ?? '',
    env: values.get('env'),
    readonly: (values.get('readonly') ?? String(type !== 'cache' && type !== 'tmpfs')) === 'true',
    isRequired: values.get('required') === 'true',
    sharing: choose('sharing value', values.get('sharing') ?? 'shared', SHARINGS),
    sizeBytes: readSize(values.get('size')),
    mode: readNumber('mode', values.get('mode'), /^[0-7]{1,5}$/, 8),
    uid: readNumber('uid', values.get('uid'), /^\d{1,9}$/, 10),
    gid: readNumber('gid', values.get('gid'), /^\d{1,9}$/, 10),
  }
  checkTogether(options, values.has('from'))
  return options
}

/** By the option's first name; a switch as `true` or `false`. */
function readValues(fields: readonly MountField[], expand: (text: string) => string): ReadonlyMap<Key, string> {
  const values = new Map<Key, string>()
  for (const field of fields) {
    const key = KEYS.get(field.key)
    if (key === undefined) throw new InvalidValueError(`unexpected key '${field.key}' in '${field.text}'`, { hint: suggest(field.key, KEYS.keys()) ?? `the options are ${[...new Set(KEYS.values())].join(', ')}` })
    const value = SWITCHES.has(field.key) ? readSwitch(field, expand) : expand(valueOf(field))
    const before = values.get(key)
    if (before !== undefined && before !== value) throw new InvalidValueError(`conflicting values for '${key}': '${before}' and '${value}'`, { hint: 'keep one of them' })
    values.set(key, value)
  }
  return values
}

function valueOf({ text, key, value }: MountField): string {
  if (value === undefined) throw new InvalidValueError(`invalid field '${text}' must be a key=value pair`, { hint: KEYS.has(key) ? `write ${key}=…` : suggest(key, KEYS.keys()) })
  return value
}

function readSwitch({ key, value: written }: MountField, expand: (text: string) => string): string {
  const value = written === undefined ? 'true' : expand(written)
  const isOn = parseGoBoolean(value)
  if (isOn === undefined) throw new InvalidValueError(`invalid value for ${key}: ${value}`, { hint: 'it is a switch: leave the value out, or write true or false' })
  const isOpposite = key === 'rw' || key === 'readwrite'
  return String(isOn !== isOpposite)
}

function choose<T extends string>(what: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value.toLowerCase())
  if (choice === undefined) throw new InvalidValueError(`unsupported ${what} ${JSON.stringify(value)}`, { hint: suggest(value, choices) ?? `one of ${choices.join(', ')}` })
  return choice
}

function checkAllowed(key: Key, type: MountType): void {
  const types = ONLY_FOR.get(key)
  if (types?.includes(type) === false) throw new InvalidValueError(`unexpected key '${key}' for mount type '${type}'`, { hint: `it is for type ${types.join(' and ')}` })
}

function readSize(text: string | undefined): number {
  const sizeBytes = text === undefined ? 0 : parseByteCount(text)
  if (sizeBytes === undefined) throw new InvalidValueError(`invalid value for size: ${text ?? ''}`, { hint: 'write a number and b, k, m or g, such as 128m' })
  return sizeBytes
}

 
function readNumber(name: string, text: string | undefined, notation: RegExp, radix: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number.parseInt(text, radix)
  if (!notation.test(text) || (radix === 8 && value > 0o7777)) throw new InvalidValueError(`invalid value ${text} for ${name}`, { hint: radix === 8 ? 'write it in octal, such as 0400' : 'write a number' })
  return value
}

function checkTogether({ type, source, target, id, env }: MountOptions, hasFrom: boolean): void {
  if (type === 'ssh' && source !== '') throw new InvalidValueError('ssh does not support source', { hint: 'name the agent with id=' })
  if (type !== 'secret') return
  if (hasFrom) throw new InvalidValueError('secret mount should not have a from', { hint: 'secrets come from the command line: pelago build --secret id=…' })
  if (source !== '' && id !== '') throw new InvalidValueError("both source and id can't be set", { hint: 'they mean the same: keep id' })
  if (source === '' && target === '' && id === '') throw new InvalidValueError('invalid secret mount. one of source, target required', { hint: 'write id=NAME, as in --secret id=NAME' })
  if (env === '') throw new InvalidValueError('invalid secret mount. env needs the name of a variable')
}
