import { splitCsvLine } from '../../ground/csv.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseGoBoolean } from '../../ground/goBoolean.ts'

/** The fields of an attribute such as `attest:provenance=mode=max,builder-id=…`, each to be read once; what nobody has read is refused at the end. */
export interface OrderReader {
  text(key: string): string | undefined
  /** Undefined where it is not said. @throws InvalidValueError unless it is a Go boolean */
  flag(key: string): boolean | undefined
  /** @throws InvalidValueError unless it is one of `values` */
  choice<T extends string>(key: string, values: readonly T[], fallback: T): T
  /** What is left, which is for whoever makes the attestation. */
  rest(): ReadonlyMap<string, string>
  /** @throws InvalidValueError where a field is left over */
  finish(): void
}

/** `type` is `provenance` or `sbom`. @throws InvalidValueError where `text` is not CSV of `key=value`, or a key comes twice */
export function createOrderReader(type: string, text: string): OrderReader {
  const left = parseFields(type, text)
  const take = (key: string): string | undefined => {
    const value = left.get(key)
    left.delete(key)
    return value
  }
  const refuse = (key: string, value: string, hint: string): never => {
    throw new InvalidValueError(`${type} attestation: invalid value ${JSON.stringify(value)} of ${JSON.stringify(key)}`, { hint })
  }
  return {
    text: take,
    flag(key) {
      const value = take(key)
      return value === undefined ? undefined : (parseGoBoolean(value) ?? refuse(key, value, 'write true or false'))
    },
    choice(key, values, fallback) {
      const value = take(key)
      return value === undefined ? fallback : (values.find((known) => known === value) ?? refuse(key, value, `write one of ${values.join(', ')}`))
    },
    rest: () => new Map(left),
    finish() {
      const [key] = left.keys()
      if (key !== undefined) throw new InvalidValueError(`${type} attestation: unknown field ${JSON.stringify(key)}`, { hint: 'check its spelling, or leave it out' })
    },
  }
}

function parseFields(type: string, text: string): Map<string, string> {
  const fields = new Map<string, string>()
  const parts = text === '' ? [] : splitCsvLine(text)
  if (parts === undefined) throw new InvalidValueError(`${type} attestation: misplaced quote in ${JSON.stringify(text)}`)
  for (const part of parts) {
    const [, key = '', value] = /^\s*([^=]*)=(.*)$/s.exec(part) ?? []
    if (value === undefined || key === '') throw new InvalidValueError(`${type} attestation: ${JSON.stringify(part)} is no key=value`)
    if (fields.has(key)) throw new InvalidValueError(`${type} attestation: ${key} is given twice`)
    fields.set(key, value)
  }
  if (fields.get('type') === type) fields.delete('type') // buildx says it once more
  return fields
}
