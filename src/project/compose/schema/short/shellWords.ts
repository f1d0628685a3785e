import { InvalidValueError } from '../../../../ground/errors.ts'

/** Behind one of these, outside of quotes, Docker Compose reads no further. */
const ENDS = ';&|<>'

/**
 * A command line as Docker Compose takes it apart: quotes and backslashes as in a shell, but nothing is expanded, and
 * `$(…)` and backquotes stay as they are.
 * @throws InvalidValueError where a quote does not end
 */
export function splitShellWords(line: string): readonly string[] {
  return new LineSplitting(line).split()
}

type Quote = "'" | '"' | '`' | '$('

class LineSplitting {
  readonly #words: string[] = []
  readonly #line: string
  #word = ''
  #isInWord = false
  #quote: Quote | undefined

  constructor(line: string) {
    this.#line = line
  }

  split(): readonly string[] {
    for (let at = 0; at < this.#line.length; at++) {
      const char = this.#line[at] ?? ''
      if (this.#endsAt(char)) break
      if (char === '\\' && this.#quote !== "'" && at + 1 < this.#line.length) {
        at += 1
        this.#add(this.#line[at] ?? '')
      } else if (this.#quote === undefined) this.#outside(char, at)
      else this.#inside(this.#quote, char)
    }
    if (this.#quote !== undefined) throw this.#invalid()
    this.#endWord()
    return this.#words
  }

  #endsAt(char: string): boolean {
    if (this.#quote !== undefined || !ENDS.includes(char)) return false
    // the number of a file descriptor
    if (char === '>' && /^\d/.test(this.#word)) this.#forgetWord()
    return true
  }

  #outside(char: string, at: number): void {
    if (/\s/.test(char)) this.#endWord()
    else if (char === "'" || char === '"') {
      this.#quote = char
      this.#isInWord = true
    } else if (char === '`') {
      this.#quote = char
      this.#add(char)
    } else if (char === '(') {
      if (this.#line[at - 1] !== '$') throw this.#invalid()
      this.#quote = '$('
      this.#add(char)
    } else this.#add(char)
  }

  #inside(quote: Quote, char: string): void {
    const ends = char === (quote === '$(' ? ')' : quote)
    if (!ends || quote === '`' || quote === '$(') this.#add(char)
    if (ends) this.#quote = undefined
  }

  #add(char: string): void {
    this.#word += char
    this.#isInWord = true
  }

  #endWord(): void {
    if (this.#isInWord) this.#words.push(this.#word)
    this.#forgetWord()
  }

  #forgetWord(): void {
    this.#word = ''
    this.#isInWord = false
  }

  #invalid(): InvalidValueError {
    return new InvalidValueError(`${JSON.stringify(this.#line)} is no command line`, { hint: 'close its quotes, or write it as a list' })
  }
}
