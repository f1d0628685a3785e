import { InvalidValueError } from '../../ground/errors.ts'
import { parseGoBoolean } from '../../ground/goBoolean.ts'

/** An exporter's attributes, each to be read once; what nobody has read is refused at the end. */
export interface AttributeReader {
  text(key: string): string | undefined
  /** @throws InvalidValueError unless it is a Go boolean */
  flag(key: string, fallback: boolean): boolean
  /** @throws InvalidValueError unless it is one of `values` */
  choice<T extends string>(key: string, values: readonly T[], fallback: T): T
  /** @throws InvalidValueError unless it is a whole number within the bounds */
  integer(key: string, min: number, max: number): number | undefined
  /** All attributes whose key `pattern` matches, with the match. */
  matching(pattern: RegExp): readonly { readonly match: RegExpExecArray; readonly value: string }[]
  /** Attributes that other engines know and that change nothing here. */
  ignore(...keys: readonly string[]): void
  /** @throws InvalidValueError where an attribute is left over */
  finish(): void
}

export function createAttributeReader(type: string, attributes: ReadonlyMap<string, string>): AttributeReader {
  const left = new Map(attributes)
  const refuse = (key: string, value: string, hint: string): never => {
    throw new InvalidValueError(`${type} exporter: invalid value ${JSON.stringify(value)} of ${JSON.stringify(key)}`, { hint })
  }
  const take = (key: string): string | undefined => {
    const value = left.get(key)
    left.delete(key)
    return value
  }
  return {
    text: take,
    flag(key, fallback) {
      const value = take(key)
      // an attribute without value is set: `-o type=image,push`
      return value === undefined ? fallback : (parseGoBoolean(value) ?? (value === '' ? true : refuse(key, value, 'write true or false')))
    },
    choice(key, values, fallback) {
      const value = take(key)
      return value === undefined ? fallback : (values.find((known) => known === value) ?? refuse(key, value, `write one of ${values.join(', ')}`))
    },
    integer(key, min, max) {
      const value = take(key)
      if (value === undefined) return undefined
      const number = Number(value)
      return /^-?\d+$/.test(value) && number >= min && number <= max ? number : refuse(key, value, `write a whole number from ${min} to ${max}`)
    },
    matching(pattern) {
      return [...left].flatMap(([key, value]) => {
        const match = pattern.exec(key)
        if (match !== null) left.delete(key)
        return match === null ? [] : [{ match, value }]
      })
    },
    ignore(...keys) {
      for (const key of keys) left.delete(key)
    },
    finish() {
      const [key] = left.keys()
      if (key !== undefined) throw new InvalidValueError(`${type} exporter: unknown attribute ${JSON.stringify(key)}`, { hint: 'check its spelling, or leave it out' })
    },
  }
}
