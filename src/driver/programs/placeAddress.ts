import { InvalidValueError } from '../../ground/errors.ts'

/** What has an engine in it, and is reached by a program: `SCHEME://NAME?PARAMETER=VALUE`. */
export interface PlaceAddress {
  readonly name: string
  /** Of one that is not given, ''. */
  readonly parameter: (key: string) => string
}

export interface PlaceForm {
  /** `docker-container` */
  readonly scheme: string
  /** What the name is of, as people call it. */
  readonly noun: string
  readonly parameters: readonly string[]
}

/** @throws InvalidValueError */
export function parsePlaceAddress(text: string, { scheme, noun, parameters }: PlaceForm): PlaceAddress {
  const [, name = '', query = ''] = new RegExp(`^${scheme}://([^/?#]*)/?(?:\\?([^#]*))?$`).exec(text) ?? []
  const given = new URLSearchParams(query)
  const hint = `write ${scheme}://NAME, or ${scheme}://NAME?${parameters.map((key) => `${key}=…`).join('&')}`
  const refuse = (reason: string): InvalidValueError => new InvalidValueError(`invalid address of an engine: ${JSON.stringify(text)}: ${reason}`, { hint })
  if (!isPlain(name)) throw refuse(`it names no ${noun}`)
  const [other] = [...given.keys()].filter((key) => !parameters.includes(key))
  if (other !== undefined) throw refuse(`there is no parameter ${other}`)
  for (const [key, value] of given) {
    if (value.startsWith('-')) throw refuse(`${JSON.stringify(value)} is no ${key}`)
  }
  return { name, parameter: (key) => given.get(key) ?? '' }
}

/** What begins with a dash would be a flag of the program's. */
function isPlain(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]*$/.test(name)
}
