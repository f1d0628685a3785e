import { InvalidValueError } from '../../../ground/errors.ts'
import { parseGoBoolean } from '../../../ground/goBoolean.ts'

/** A flag of an exporter's attributes, read as the engine reads it: without a value it is set. @throws InvalidValueError unless it is a Go boolean */
export function flagOf(attributes: ReadonlyMap<string, string>, key: string, fallback: boolean): boolean {
  const value = attributes.get(key)
  if (value === undefined) return fallback
  if (value === '') return true
  const flag = parseGoBoolean(value)
  if (flag === undefined) throw new InvalidValueError(`invalid value ${JSON.stringify(value)} of the output's ${JSON.stringify(key)}`, { hint: 'write true or false' })
  return flag
}
