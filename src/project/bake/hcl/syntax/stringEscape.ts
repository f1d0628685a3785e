/** What a backslash sequence of a quoted string stands for, and its length; undefined where it is none. */
export function readEscape(text: string, at: number): { readonly value: string; readonly length: number } | undefined {
  const simple = SIMPLE.get(text[at + 1] ?? '')
  if (simple !== undefined) return { value: simple, length: 2 }
  UNICODE.lastIndex = at
  const digits = UNICODE.exec(text)
  if (digits === null) return undefined
  const point = parseInt(digits[1] ?? digits[2] ?? '', 16)
  if (point > 0x10ffff) return undefined
  return { value: String.fromCodePoint(point), length: digits[0].length }
}

const SIMPLE: ReadonlyMap<string, string> = new Map([['n', '\n'], ['r', '\r'], ['t', '\t'], ['"', '"'], ['\\', '\\']])
const UNICODE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y
