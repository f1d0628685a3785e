import { optionalStringList, parseJsonObject } from '../../ground/jsonValue.ts'
import { DefinitionError } from './clientGraph.ts'

/** The attributes of a source, each read once by who knows it. */
export interface Attributes {
  /** '' where it is not there. */
  text(name: string): string
  /** Those whose names begin so, by the rest of their names. */
  prefixed(prefix: string): ReadonlyMap<string, string>
  /** A list in JSON. */
  list(name: string): readonly string[]
  flag(name: string): boolean
  /** A number as Go reads it: `0600` and `0o600` are octal. Undefined where it is not there. */
  count(name: string): number | undefined
  choice<T extends string>(name: string, fallback: T, choices: readonly T[]): T
  /** @throws DefinitionError where one was not read */
  checkAllRead(): void
}

export function openAttributes(identifier: string, attributes: Readonly<Record<string, string>>): Attributes {
  const left = new Map(Object.entries(attributes))
  const text = (name: string): string => {
    const value = left.get(name) ?? ''
    left.delete(name)
    return value
  }
  const invalid = (name: string, value: string): DefinitionError => new DefinitionError(`invalid attribute ${name}=${JSON.stringify(value)} of source ${JSON.stringify(identifier)}`)
  return {
    text,
    prefixed(prefix) {
      const names = [...left.keys()].filter((name) => name.startsWith(prefix)).sort()
      return new Map(names.map((name) => [name.slice(prefix.length), text(name)]))
    },
    list(name) {
      const value = text(name)
      return value === '' ? [] : (optionalStringList(parseJsonObject(`{"list":${value}}`, name), 'list') ?? [])
    },
    flag: (name) => text(name) === 'true',
    count(name) {
      const value = text(name)
      if (value === '') return undefined
      const [, octal, other] = /^(?:0o?([0-7]+)|(\d+|0x[0-9a-f]+))$/i.exec(value) ?? []
      const count = octal !== undefined ? Number.parseInt(octal, 8) : other !== undefined ? Number(other) : undefined
      if (count === undefined || !Number.isSafeInteger(count)) throw invalid(name, value)
      return count
    },
    choice(name, fallback, choices) {
      const value = text(name)
      if (value === '') return fallback
      const chosen = choices.find((choice) => choice === value)
      if (chosen === undefined) throw invalid(name, value)
      return chosen
    },
    checkAllRead() {
      const [unread] = left
      if (unread !== undefined) throw new DefinitionError(`attribute ${unread[0]} of source ${JSON.stringify(identifier)} is not supported`)
    },
  }
}
