import { parseByteCount } from '../../../ground/quantity/byteSize.ts'
import { goFloat, parseGoDuration } from './goValues.ts'
import type { ScalarShape } from './shape.ts'

const isZero = (value: unknown): boolean => value === 0 || value === '' || value === false || value === null || value === '0' || value === '0s'

export const TEXT: ScalarShape = { kind: 'scalar', what: 'a text', read: (value) => (typeof value === 'string' ? value : undefined), isDefault: isZero }

/** A value of a map of texts, where numbers and booleans are texts too. */
export const TEXT_LIKE: ScalarShape = { kind: 'scalar', what: 'a text, a number or a boolean', read: (value) => (typeof value === 'number' ? goFloat(value) : String(value)) }

/** As `TEXT_LIKE`, and left out where it is empty. */
export const TEXT_OR_NUMBER: ScalarShape = { kind: 'scalar', what: 'a text or a number', read: (value) => (typeof value === 'boolean' ? undefined : typeof value === 'number' ? goFloat(value) : value), isDefault: isZero }

export const TEXT_OR_BOOLEAN: ScalarShape = { kind: 'scalar', what: 'a text or a boolean', read: (value) => (typeof value === 'number' ? undefined : String(value)), isDefault: (value) => value === '' }

const TRUE: ReadonlySet<string> = new Set(['true', 'y', 'yes', 'on'])
const FALSE: ReadonlySet<string> = new Set(['false', 'n', 'no', 'off'])

function readBoolean(value: string | number | boolean): boolean | undefined {
  if (typeof value === 'boolean') return value
  const word = String(value).toLowerCase()
  return TRUE.has(word) ? true : FALSE.has(word) ? false : undefined
}

export const BOOLEAN: ScalarShape = { kind: 'scalar', what: 'true or false', read: readBoolean, isDefault: isZero }

/** Whose absence says something else than `false`. */
export const TOLD_BOOLEAN: ScalarShape = { kind: 'scalar', what: 'true or false', read: readBoolean }

function readInteger(value: string | number | boolean): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^[-+]?\d+$/.test(value) ? Number(value) : undefined
  return Number.isSafeInteger(number) ? number : undefined
}

export const INTEGER: ScalarShape = { kind: 'scalar', what: 'a whole number', read: readInteger, isDefault: isZero }
export const TOLD_INTEGER: ScalarShape = { kind: 'scalar', what: 'a whole number', read: readInteger }

/** A whole number from `least` to `most`. */
export function integerIn(least: number, most: number): ScalarShape {
  const read = (value: string | number | boolean): number | undefined => {
    const number = readInteger(value)
    return number !== undefined && number >= least && number <= most ? number : undefined
  }
  return { kind: 'scalar', what: `a whole number from ${least} to ${most}`, read, isDefault: isZero }
}

function readNumber(value: string | number | boolean): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(value) ? Number(value) : undefined
}

export const NUMBER: ScalarShape = { kind: 'scalar', what: 'a number', read: readNumber, isDefault: isZero }

/** CPUs of `deploy`, which Docker prints as a text or a number. */
export const CPUS: ScalarShape = NUMBER

/** Bytes, printed as a text. */
export const BYTES: ScalarShape = {
  kind: 'scalar',
  what: 'a size, such as 64m or 1gb',
  read: (value) => {
    const bytes = typeof value === 'number' ? value : typeof value === 'string' ? (/^-\d+$/.test(value) ? Number(value) : parseByteCount(value)) : undefined
    return bytes === undefined ? undefined : String(Math.trunc(bytes))
  },
  isDefault: isZero,
}

/** As `BYTES`, and never a number. */
export const TEXT_BYTES: ScalarShape = { ...BYTES, read: (value) => (typeof value === 'string' ? BYTES.read(value) : undefined) }

export const DURATION: ScalarShape = { kind: 'scalar', what: 'a duration, such as 1m30s', read: (value) => (typeof value === 'string' ? parseGoDuration(value) : undefined), isDefault: isZero }
export const TOLD_DURATION: ScalarShape = { kind: 'scalar', what: 'a duration, such as 1m30s', read: DURATION.read }

/** Permissions, printed in octal. */
export const FILE_MODE: ScalarShape = {
  kind: 'scalar',
  what: 'permissions in octal, such as 0440',
  read: (value) => {
    const mode = typeof value === 'number' ? value : typeof value === 'string' && /^0?o?[0-7]+$/.test(value) ? Number.parseInt(value.replace('o', ''), 8) : undefined
    return mode === undefined || !Number.isSafeInteger(mode) || mode < 0 ? undefined : `0${mode.toString(8)}`
  },
}

export function choice(...words: readonly string[]): ScalarShape {
  return { kind: 'scalar', what: `one of ${words.join(', ')}`, read: (value) => (typeof value === 'string' && words.includes(value) ? value : undefined), isDefault: isZero }
}

export function matching(pattern: RegExp, what: string): ScalarShape {
  return { kind: 'scalar', what, read: (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined), isDefault: isZero }
}

/** A number, or `all`, which is -1. */
export const DEVICE_COUNT: ScalarShape = { kind: 'scalar', what: 'a whole number, or all', read: (value) => (value === 'all' ? -1 : readInteger(value)), isDefault: isZero }
