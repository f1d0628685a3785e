import { HclError } from '../diagnostic.ts'
import type { SourceRange } from '../sourceRange.ts'
import { readToken, type Token } from './token.ts'

/** Reads the words of a text one after the other, and knows where in a file they stand. */
export interface TokenReader {
  readonly text: string
  /** Where the next word is looked for. */
  offset: number
  /** What newlines are at this place. */
  readonly newlines: Newlines
  peek(): Token
  read(): Token
  /** Takes the next word where it is the symbol. */
  take(symbol: string): Token | undefined
  isNext(symbol: string): boolean
  /** Within `work`, newlines are words of their own, or none. Levels of nesting are bounded. */
  nest<T>(newlines: Newlines, work: () => T): T
  locate(start: number, end: number): SourceRange
}

/** Words of their own, or nothing. */
export type Newlines = 'significant' | 'skipped'

/** Deeper than any person writes, and shallower than the stack. */
const MAX_DEPTH = 250

export function createTokenReader(text: string, locate: TokenReader['locate']): TokenReader {
  let skipsNewlines = false
  let depth = 0
  const peek = (): Token => readToken(text, reader.offset, skipsNewlines)
  const read = (): Token => {
    const token = peek()
    reader.offset = token.end
    return token
  }
  const isNext = (symbol: string): boolean => {
    const token = peek()
    return token.kind === 'symbol' && token.text === symbol
  }
  const reader: TokenReader = {
    text,
    offset: 0,
    get newlines() {
      return skipsNewlines ? 'skipped' : 'significant'
    },
    peek,
    read,
    isNext,
    take: (symbol) => (isNext(symbol) ? read() : undefined),
    nest(newlines, work) {
      if (depth === MAX_DEPTH) throw syntaxError('Too deeply nested', `Expressions and blocks may be nested ${MAX_DEPTH} levels deep.`, locate(reader.offset, reader.offset))
      const outer = skipsNewlines
      skipsNewlines = newlines === 'skipped'
      depth++
      try {
        return work()
      } finally {
        skipsNewlines = outer
        depth--
      }
    },
    locate,
  }
  return reader
}

export function syntaxError(summary: string, detail: string, subject: SourceRange): HclError {
  return new HclError([{ summary, detail, subject }])
}

/** Where a word is; an end or newline is where the text before it ends. */
export function locateToken(reader: TokenReader, { start, end }: Token): SourceRange {
  return reader.locate(start, end)
}
