import { BakeError } from '../bakeError.ts'
import { toAttestEntry, parseAttestEntry } from '../entries/attestEntry.ts'
import { parseCacheEntries, toCacheEntry } from '../entries/cacheEntry.ts'
import { formatEntry, type Entry } from '../entries/entry.ts'
import { parseOutputEntry, toOutputEntry } from '../entries/outputEntry.ts'
import { parseSecretEntry } from '../entries/secretEntry.ts'
import { parseSshEntry } from '../entries/sshEntry.ts'
import { convert } from '../hcl/values/convert.ts'
import { ConversionError } from '../hcl/values/conversionError.ts'
import { BOOL, listOf, mapOf, objectOf, STRING, type Type } from '../hcl/values/type.ts'
import { list, map, object, string, typeOf, type Value } from '../hcl/values/value.ts'

/** What an attribute of a target or group may be: any value of HCL becomes one of `type`, which other expressions see. */
export interface AttributeForm {
  readonly type: Type
  /** @throws ConversionError, BakeError on what cannot become one */
  readonly read: (value: Value) => Value
}

const TEXT: AttributeForm = { type: STRING, read: (value) => convert(value, STRING) }
const SWITCH: AttributeForm = { type: BOOL, read: (value) => convert(value, BOOL) }
const TEXTS: AttributeForm = { type: listOf(STRING), read: (value) => withoutNulls(convert(value, listOf(STRING))) }
/** A null in it is no entry. */
const ARGUMENTS: AttributeForm = { type: mapOf(STRING), read: (value) => convert(value, mapOf(STRING)) }
const PLACES: AttributeForm = { type: mapOf(STRING), read: (value) => withoutNulls(convert(value, mapOf(STRING))) }

const ENTRY = mapOf(STRING)
const SECRET = objectOf([['id', STRING], ['src', STRING], ['env', STRING]], new Set(['id', 'src', 'env']))
const SSH = objectOf([['id', STRING], ['paths', listOf(STRING)]], new Set(['id', 'paths']))

const ATTESTS = entriesOf(ENTRY, (value) => entryValue(toAttestEntry(fieldsOf(value))), (text) => [entryValue(parseAttestEntry(text))])
const CACHES = entriesOf(ENTRY, (value) => entryValue(toCacheEntry(fieldsOf(value), formatEntry(fieldsOf(value)))), (text) => parseCacheEntries(text).map(entryValue))
const OUTPUTS = entriesOf(ENTRY, (value) => entryValue(toOutputEntry(fieldsOf(value))), (text) => [entryValue(parseOutputEntry(text))])
const SECRETS = entriesOf(SECRET, (value) => value, (text) => {
  const { id, source, variable } = parseSecretEntry(text)
  return [object([['id', string(id)], ['src', string(source)], ['env', string(variable)]])]
})
const SSH_AGENTS = entriesOf(SSH, (value) => value, (text) => {
  const { id, paths } = parseSshEntry(text)
  return [object([['id', string(id)], ['paths', list(STRING, paths.map(string))]])]
})

/** Every attribute of a target but those that say how many there are of it: `matrix` and `name`. */
export const TARGET_FORMS: ReadonlyMap<string, AttributeForm> = new Map([
  ['annotations', TEXTS], ['args', ARGUMENTS], ['attest', ATTESTS], ['cache-from', CACHES], ['cache-to', CACHES], ['call', TEXT], ['context', TEXT], ['contexts', PLACES], ['description', TEXT], ['dockerfile', TEXT], ['dockerfile-inline', TEXT],
  ['entitlements', TEXTS], ['extra-hosts', ARGUMENTS], ['inherits', TEXTS], ['labels', ARGUMENTS], ['network', TEXT], ['no-cache', SWITCH], ['no-cache-filter', TEXTS], ['output', OUTPUTS], ['platforms', TEXTS], ['pull', SWITCH], ['secret', SECRETS],
  ['shm-size', TEXT], ['ssh', SSH_AGENTS], ['tags', TEXTS], ['target', TEXT], ['ulimits', TEXTS],
])
export const GROUP_FORMS: ReadonlyMap<string, AttributeForm> = new Map([['description', TEXT], ['targets', TEXTS]])

/** A list whose elements are written as text, as the flag takes it, or as objects. An empty text is no element. */
function entriesOf(element: Type, check: (value: Value) => Value, parse: (text: string) => readonly Value[]): AttributeForm {
  const readElement = (value: Value): readonly Value[] => {
    if (value.kind === 'string' || value.kind === 'number' || value.kind === 'bool') {
      const text = convert(value, STRING)
      return text.kind !== 'string' || text.value === '' ? [] : parse(text.value)
    }
    if (value.kind === 'null') throw new BakeError('null value is not allowed')
    return [check(convert(value, element))]
  }
  const type = listOf(element)
  return {
    type,
    read(value) {
      if (value.kind === 'null') throw new BakeError('null value is not allowed')
      if (!('elements' in value)) throw new ConversionError(`list required, and this is ${typeOf(value).kind}`)
      return list(element, value.elements.flatMap(readElement))
    },
  }
}

function entryValue(entry: Entry): Value {
  return map(STRING, [...entry].map(([key, value]) => [key, string(value)]))
}

/** Nulls left out. */
function fieldsOf(value: Value): ReadonlyMap<string, string> {
  if (!('entries' in value)) return new Map()
  return new Map([...value.entries].flatMap(([key, field]) => (field.kind === 'string' ? [[key, field.value] as const] : [])))
}

function withoutNulls(value: Value): Value {
  const elements = 'elements' in value ? value.elements : 'entries' in value ? [...value.entries.values()] : []
  if (elements.some((element) => element.kind === 'null')) throw new BakeError('null value is not allowed')
  return value
}
