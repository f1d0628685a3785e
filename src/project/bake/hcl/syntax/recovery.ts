import type { Token } from './token.ts'
import type { TokenReader } from './tokenReader.ts'

const CLOSERS: ReadonlyMap<string, string> = new Map([['(', ')'], ['[', ']'], ['{', '}']])
const CLOSING: ReadonlySet<string> = new Set(CLOSERS.values())
const QUOTED = /"(?:[^"\\\n]|\\.)*"?/y

/** After a mistake at `at` in the item that begins at `start`: goes to the end of the line that the item seems to end on. */
export function skipItem(reader: TokenReader, start: number, at: number): void {
  const open: string[] = []
  reader.offset = start
  for (;;) {
    const token = reader.peek()
    const isOver = token.start >= at && open.length === 0 && token.kind === 'newline' && !isBraceAfter(reader, token)
    if (isOver || token.kind === 'end' || !nest(open, token)) return
    reader.offset = token.kind === 'quote' ? endOfQuoted(reader.text, token) : token.end
  }
}

/** Notes what a word opens or closes. False for a brace that closes a block around. */
function nest(open: string[], { kind, text }: Token): boolean {
  if (kind !== 'symbol') return true
  const closer = CLOSERS.get(text)
  if (closer !== undefined) open.push(closer)
  return CLOSING.has(text) ? close(open, text) : true
}

/** A brace that should have been on the line before still belongs to it. */
function isBraceAfter({ text }: TokenReader, { end }: Token): boolean {
  return text.slice(end).trimStart().startsWith('{')
}

/** Closes the innermost bracket of the kind, and what is open in it. False for a brace where there is none. */
function close(open: string[], closer: string): boolean {
  const index = open.lastIndexOf(closer)
  if (index === -1) return closer !== '}'
  open.length = index
  return true
}

function endOfQuoted(text: string, { start, end }: Token): number {
  QUOTED.lastIndex = start
  return QUOTED.test(text) ? QUOTED.lastIndex : end
}
