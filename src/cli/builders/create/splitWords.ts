import { UsageError } from '../../flags/usageError.ts'

const WORD = /^(?:[^\s"'\\]|\\[^]|"(?:[^"\\]|\\[^])*"|'[^']*')+/

/** The words of a line, with a shell's quotes and backslashes, and nothing else of a shell's. @throws UsageError where a quote does not end */
export function splitWords(line: string): readonly string[] {
  const words: string[] = []
  for (let rest = line.trimStart(); rest !== ''; rest = rest.trimStart()) {
    const [word = ''] = WORD.exec(rest) ?? []
    if (word === '') throw new UsageError(`a quote does not end: ${JSON.stringify(line)}`, { hint: 'close it, or write \\ before it' })
    words.push(unquote(word))
    rest = rest.slice(word.length)
  }
  return words
}

/** Between double quotes a backslash keeps all but a quote and a backslash company. */
function unquote(word: string): string {
  return word.replace(/\\([^])|"((?:[^"\\]|\\[^])*)"|'([^']*)'/g, (_, escaped?: string, double?: string, single?: string) => escaped ?? double?.replace(/\\(["\\])/g, '$1') ?? single ?? '')
}
