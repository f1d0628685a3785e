import { InvalidValueError } from '../../../ground/errors.ts'
import type { SourceText } from '../../../ground/sourceSpan.ts'
import { RequiredVariableError, substitute } from '../interpolation/template.ts'
import { EnvFileError } from './envFileError.ts'

/** What a variable of an env file may refer to besides those before it: it has precedence over them. */
export type Lookup = (name: string) => string | undefined

/**
 * The variables of an env file as Docker Compose reads it: `export`, both quotes, values over several lines, escapes in
 * double quotes, `$NAME` outside of single ones, comments behind a blank. A name alone takes its value from `lookup`.
 * @throws EnvFileError
 */
export function parseDotenv(source: SourceText, lookup: Lookup): ReadonlyMap<string, string> {
  return new EnvFileReading(source, lookup).read()
}

class EnvFileReading {
  readonly #variables = new Map<string, string>()
  readonly #source: SourceText
  readonly #lookup: Lookup
  #at = 0

  constructor(source: SourceText, lookup: Lookup) {
    this.#source = { ...source, text: source.text.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n') }
    this.#lookup = lookup
  }

  read(): ReadonlyMap<string, string> {
    while (this.#skipToStatement()) {
      const key = this.#readKey()
      if (key.isInherited) {
        const value = this.#lookup(key.name)
        if (value !== undefined) this.#variables.set(key.name, value)
      } else this.#variables.set(key.name, this.#readValue())
    }
    return this.#variables
  }

  get #text(): string {
    return this.#source.text
  }

  /** Past blank lines and comments; false at the end. */
  #skipToStatement(): boolean {
    this.#match(/(?:\s+|#[^\n]*)*/y)
    return this.#at < this.#text.length
  }

  #readKey(): { readonly name: string; readonly isInherited: boolean } {
    const start = this.#at
    this.#match(/export[^\S\n]+/y)
    const name = this.#match(/[\p{L}\p{N}_.\-[\]]*(?:[^\S\n]+[\p{L}\p{N}_.\-[\]]+)*/uy)
    this.#match(/[^\S\n]*/y)
    if (/\s/.test(name)) throw this.#error(start, `the name of a variable has no blank: ${JSON.stringify(name)}`)
    if (this.#at >= this.#text.length || this.#text[this.#at] === '\n') return { name, isInherited: true }
    if (!'=:'.includes(this.#text[this.#at] ?? '')) throw this.#error(this.#at, `unexpected ${JSON.stringify(this.#text[this.#at])} in the name of a variable`)
    this.#at += 1
    this.#match(/[^\S\n]*/y)
    return { name, isInherited: false }
  }

  #readValue(): string {
    const start = this.#at
    const quote = this.#text[start]
    if (quote === "'" || quote === '"') {
      const quoted = this.#match(quote === "'" ? /'(?:[^'\\]|\\[^])*'/y : /"(?:[^"\\]|\\[^])*"/y)
      if (quoted === '') throw this.#error(start, 'a quote that does not end')
      const inner = quoted.slice(1, -1)
      return quote === "'" ? inner.replaceAll("\\'", "'") : this.#expand(unescape(inner), start)
    }
    const line = this.#match(/[^\n]*/y)
    return this.#expand(line.replace(/(?:^|\s)#.*$/, '').trimEnd(), start)
  }

  #expand(text: string, offset: number): string {
    try {
      return substitute(text, { lookup: (name) => this.#lookup(name) ?? this.#variables.get(name), onUnset: () => undefined })
    } catch (error) {
      if (error instanceof RequiredVariableError) throw this.#error(offset, error.message, error.hint)
      if (error instanceof InvalidValueError) throw this.#error(offset, 'no variable in the braces', error.hint)
      throw error
    }
  }

  #error(offset: number, message: string, hint?: string): EnvFileError {
    return new EnvFileError({ source: this.#source, offset }, message, hint)
  }

  /** What `pattern`, which is sticky, matches here; '' for nothing. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['f', '\f'],
  ['v', '\v'],
  ['b', '\b'],
  ['a', '\u0007'],
])

/** `\$` is a dollar sign, which the expansion then leaves alone. */
function unescape(text: string): string {
  return text.replace(/\\([^])/g, (_, escaped: string) => (escaped === '$' ? '$$' : (ESCAPES.get(escaped) ?? escaped)))
}
