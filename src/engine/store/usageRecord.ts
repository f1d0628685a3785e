import { InvalidValueError } from '../../ground/errors.ts'

/** One thing that takes space. */
export interface UsageRecord {
  readonly id: string
  readonly parent: string | undefined
  readonly type: RecordType
  readonly description: string
  readonly sizeBytes: number
  readonly createdAtMs: number
  readonly lastUsedAtMs: number
  readonly isInUse: boolean
}

/** In BuildKit's words, but for `blob`: a packed layer, or one of a local image. */
export type RecordType = 'regular' | 'exec.cachemount' | 'source.git.checkout' | 'blob'

/** Whether a record is meant. */
export type RecordFilter = (record: UsageRecord) => boolean

const HINT = 'write FIELD==VALUE, FIELD!=VALUE or FIELD~=PATTERN, such as type==exec.cachemount'

/**
 * Filters as BuildKit's clients send them: a record is meant that passes any of `texts`, and each of the conditions with
 * commas between in it; where there are none, every one is. @throws InvalidValueError
 */
export function parseRecordFilter(texts: readonly string[]): RecordFilter {
  const filters = texts.map((text) => (text === '' ? [] : text.split(',').map(parseCondition))) // docker buildx sends an empty one where none is given
  return (record) => filters.length === 0 || filters.some((conditions) => conditions.every((condition) => condition(record)))
}

function parseCondition(text: string): RecordFilter {
  const [, name = '', operator = '', value = ''] = /^([a-z.]+)(?:(==|!=|~=)(.*))?$/s.exec(text.trim()) ?? []
  const field = FIELDS.get(name)
  if (field === undefined) throw new InvalidValueError(`invalid filter: ${JSON.stringify(text)}`, { hint: `${HINT}; the fields are ${[...FIELDS.keys()].join(', ')}` })
  switch (operator) {
    case '==':
      return (record) => field(record) === value
    case '!=':
      return (record) => field(record) !== value
    case '~=': {
      const pattern = parsePattern(value)
      return (record) => pattern.test(field(record))
    }
    default:
      return (record) => !['', 'false'].includes(field(record))
  }
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, 'u')
  } catch {
    throw new InvalidValueError(`invalid pattern: ${JSON.stringify(text)}`, { hint: HINT })
  }
}

const FIELDS: ReadonlyMap<string, (record: UsageRecord) => string> = new Map<string, (record: UsageRecord) => string>([
  ['id', ({ id }) => id],
  ['parents', ({ parent }) => parent ?? ''],
  ['description', ({ description }) => description],
  ['type', ({ type }) => type],
  ['inuse', ({ isInUse }) => String(isInUse)],
  ['mutable', ({ type }) => String(type === 'exec.cachemount')],
  ['immutable', ({ type }) => String(type !== 'exec.cachemount')],
])
