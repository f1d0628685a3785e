import { type Node, textAt } from '../yaml/node.ts'
import { TEXT, TEXT_LIKE, TEXT_OR_NUMBER, TOLD_BOOLEAN } from './scalars.ts'
import { dictionaryOf, listOf, record, type Shape } from './shape.ts'
import { commandWords, hostEntry, hostsOfMap, keyValue, shortFor } from './short/texts.ts'

/** What tells one text of a list from another. */
export const byText = (item: Node): string => textAt(item) ?? ''

/** What is in front of `=`. */
const byName = (item: Node): string => byText(item).split('=', 1).join('')

export const TEXTS = listOf(TEXT, { keyOf: byText })

/** One after the other, equal ones too. */
export const PLAIN_TEXTS = listOf(TEXT)

export const TEXT_OR_TEXTS = listOf(TEXT, { takesText: true, keyOf: byText })

export const OPTIONS_LIST = listOf(TEXT, { keyOf: byName })

export const NUMBERS_OR_TEXTS = listOf(TEXT_OR_NUMBER, { keyOf: byText })

/** `KEY=VALUE` as a list, or a map; what has no value has ''. */
export const LABELS = dictionaryOf(TEXT_LIKE, { fromItem: keyValue(''), nullIs: '' })

/** As `LABELS`; what has no value takes it from the environment. */
export const VARIABLES = dictionaryOf({ ...TEXT_LIKE, isNullable: true }, { fromItem: keyValue(null) })

/** Options of a driver. */
export const DRIVER_OPTIONS = dictionaryOf(TEXT_OR_NUMBER, { nullIs: '' })

export const HOSTS = listOf(TEXT, { from: hostsOfMap, expand: hostEntry, keyOf: byText, isSet: true })

/** A later one stands in for an earlier one. */
export const COMMAND = listOf(TEXT, { from: commandWords, keepsEmpty: true, isNullable: true, merge: 'replace' })

/** Missing ones are an error, unless it says otherwise. */
const ENV_FILE = record({ path: TEXT, required: { ...TOLD_BOOLEAN, isDefault: (value) => value === true }, format: TEXT }, { needed: ['path'], short: shortFor('path'), shortInJson: 'path' })

export const ENV_FILES = listOf(ENV_FILE, { takesText: true, keyOf: (item) => textAt(item, 'path') ?? '' })

/** Names that Compose knows things by. */
export const NAME = /^[a-zA-Z0-9._-]+$/

export function named(of: Shape): ReturnType<typeof dictionaryOf> {
  return dictionaryOf(of, { keys: NAME })
}
