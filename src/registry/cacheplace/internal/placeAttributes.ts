import { parseGoBoolean } from '../../../ground/goBoolean.ts'
import { InvalidValueError } from '../../../ground/errors.ts'
import { parseDurationNs } from '../../../ground/quantity/duration.ts'

export type PlaceAttributes = ReadonlyMap<string, string>

/** What a place cannot do without. @throws InvalidValueError */
export function requiredAttribute(type: string, attributes: PlaceAttributes, name: string, hint: string): string {
  const value = attributes.get(name) ?? ''
  if (value === '') throw new InvalidValueError(`a cache of type=${type} has no ${name}`, { hint })
  return value
}

/** A number of at least 1; `otherwise` where it is not given. @throws InvalidValueError */
export function countAttribute(attributes: PlaceAttributes, name: string, otherwise: number): number {
  const text = attributes.get(name)
  if (text === undefined) return otherwise
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidValueError(`a cache's ${name} is a number from 1 on, not ${JSON.stringify(text)}`)
  return Number(text)
}

/** A duration; `otherwise` where it is not given. @throws InvalidValueError */
export function durationAttribute(attributes: PlaceAttributes, name: string, otherwise: number): number {
  const text = attributes.get(name)
  return text === undefined ? otherwise : Number(parseDurationNs(text) / 1_000_000n)
}

/** What strconv.ParseBool takes; false where it is not given. @throws InvalidValueError */
export function flagAttribute(attributes: PlaceAttributes, name: string): boolean {
  const text = attributes.get(name)
  const value = text === undefined ? false : parseGoBoolean(text)
  if (value !== undefined) return value
  throw new InvalidValueError(`a cache's ${name} is true or false, not ${JSON.stringify(text)}`)
}

/** @throws InvalidValueError unless it is one of http or https, without credentials in it. */
export function parseAddress(name: string, text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw new InvalidValueError(`a cache's ${name} is an address of http or https, not ${JSON.stringify(text)}`)
  if (url.username !== '' || url.password !== '') throw new InvalidValueError(`a cache's ${name} has credentials in it`, { hint: 'give them by the attributes that are made for them' })
  return url
}
