import type { EscapeCharacter } from './expand.ts'
import { SPACE, trimStart } from './whitespace.ts'

/** What the grammar calls a word: text without white space, but for what is quoted or escaped. Quotes and escapes stay; `expand` takes them off. */
export function splitQuotedWords(text: string, escape: EscapeCharacter): readonly string[] {
  const e = `\\${escape}`
  const word = new RegExp(`(?:${e}[^]|'[^']*(?:'|$)|"(?:${e}[^]|[^"${e}])*(?:"|$|(?<open>${e}$))|[^'"${e}${SPACE}]|(?<last>${e}$))+`, 'g')
  return [...text.matchAll(word)]
    .map(({ 0: match, groups }) => (groups?.['open'] === undefined && groups?.['last'] === undefined ? match : match.slice(0, -1))) // an escape character at the very end escapes nothing
    .filter((match) => match !== '')
}

const FLAG = new RegExp(`--(?:\\\\[^]|"(?:\\\\[^]|[^"\\\\])*(?:"|\\\\?$)|'(?:\\\\[^]|[^'\\\\])*(?:'|\\\\?$)|[^'"\\\\${SPACE}]|\\\\$)*`, 'y')

/** The `--flags` at the head of an instruction's arguments, without quotes, and the rest. A lone `--` ends them. */
export function splitFlags(text: string): { readonly flags: readonly string[]; readonly rest: string } {
  const flags: string[] = []
  let rest = trimStart(text)
  for (;;) {
    FLAG.lastIndex = 0
    const flag = FLAG.exec(rest)?.[0]
    if (flag === undefined) return { flags, rest }
    rest = trimStart(rest.slice(flag.length))
    if (flag === '--') return { flags, rest }
    flags.push(unquote(flag))
  }
}

function unquote(word: string): string {
  return word.replace(/\\([^]?)|"((?:\\[^]|[^"\\])*)(?:"|\\?$)|'((?:\\[^]|[^'\\])*)(?:'|\\?$)/g, (_match, escaped?: string, double?: string, single?: string) =>
    escaped ?? (double ?? single ?? '').replace(/\\([^])/g, '$1'),
  )
}
