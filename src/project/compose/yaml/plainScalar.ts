import type { ScalarNode } from './node.ts'

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
])

const INTEGER = /^[-+]?(?:0b[01_]+|0o[0-7_]+|0x[\da-f_]+|\d[\d_]*)$/i
const FLOAT = /^[-+]?(?:\.\d+|\d[\d_]*(?:\.[\d_]*)?)(?:e[-+]?\d+)?$/i

/**
 * What an unquoted word means, by the rules of the library that Docker reads Compose files with: those of YAML 1.2, and
 * of 1.1 the octal number `0440`; `yes` and `on` are texts.
 */
export function resolvePlain(text: string): ScalarNode['value'] {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  if (INTEGER.test(text)) return parseInteger(text)
  if (FLOAT.test(text)) return Number(text.replaceAll('_', ''))
  return text
}

/** Stays a text where the number cannot be kept exactly. */
function parseInteger(text: string): number | string {
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '')
  const isOldOctal = /^0[0-7]+$/.test(digits)
  const size = Number(isOldOctal ? `0o${digits.slice(1)}` : digits)
  if (!Number.isSafeInteger(size)) return text
  return text.startsWith('-') ? -size : size
}
