import { BuildError } from '../ground/errors.ts'
import { expand } from './words/expand.ts'
import type { Heredoc, HeredocMarker } from './syntaxTree.ts'

/** Undefined where `word` opens none. */
export function parseHeredocMarker(word: string): HeredocMarker | undefined {
  const [, chomp, rest = ''] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? []
  if (rest === '') return undefined
  const words = unquote(rest)
  const [terminator] = words
  if (terminator === undefined || words.length > 1) return undefined
  return { marker: word, terminator, isChomped: chomp === '-', isExpanded: terminator === rest }
}

function unquote(text: string): readonly string[] {
  try {
    return expand(text, new Map(), { escape: '\\', keepUnset: true }).words
  } catch (error) {
    if (error instanceof BuildError) return []
    throw error
  }
}

/** What it holds, as the instruction takes it. */
export function textOfHeredoc({ content, isChomped }: Heredoc): string {
  return isChomped ? content.replace(/^\t+/gm, '') : content
}

/** `command` with its heredocs behind it, for a shell that reads them itself. */
export function joinHeredocs(command: string, heredocs: readonly Heredoc[]): string {
  return [command, ...heredocs.map(({ content, terminator }) => content + terminator)].join('\n')
}
