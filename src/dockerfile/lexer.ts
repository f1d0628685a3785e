import type { SourceSpan, SourceText } from '../ground/sourceSpan.ts'
import { DockerfileError } from './dockerfileError.ts'
import { createWarning, type DockerfileWarning } from './dockerfileWarning.ts'
import type { EscapeCharacter } from './expand.ts'
import type { Heredoc } from './syntaxTree.ts'
import { trim, trimStart } from './whitespace.ts'

/** One instruction on one line. */
export interface LogicalLine {
  readonly text: string
  readonly heredocs: readonly Heredoc[]
  readonly span: SourceSpan
}

export interface LexerResult {
  readonly lines: readonly LogicalLine[]
  readonly escape: EscapeCharacter
  readonly directives: ReadonlyMap<string, string>
  readonly warnings: readonly DockerfileWarning[]
}

/** The heredocs that a logical line opens; their content follows it. */
export type HeredocFinder = (line: string, escape: EscapeCharacter) => readonly HeredocStart[]

export interface HeredocStart {
  readonly marker: string
  readonly terminator: string
  /** `<<-`: tabs before the terminator are allowed. */
  readonly isChomped: boolean
}

const DIRECTIVES: ReadonlySet<string> = new Set(['syntax', 'escape', 'check'])

/** Joins continuation lines, leaves out comments and empty lines, reads the directives at the top. @throws DockerfileError */
export function lex(source: SourceText, findHeredocs: HeredocFinder): LexerResult {
  const physical = splitLines(source.text)
  const { directives, escape } = readDirectives(source, physical)
  const lines: LogicalLine[] = []
  const warnings: DockerfileWarning[] = []
  let at = 0
  while (at < physical.length) {
    const joined = joinContinuations(physical, at, escape)
    const heredocs = readHeredocs({ source, physical, start: at }, joined.end, findHeredocs(joined.text, escape))
    const span = { source, startLine: at + 1, endLine: heredocs.end }
    if (joined.hasEmptyLine) warnings.push(createWarning('NoEmptyContinuation', 'Empty continuation line', span))
    if (joined.text !== '') lines.push({ text: joined.text, heredocs: heredocs.heredocs, span })
    at = heredocs.end
  }
  return { lines, escape, directives, warnings }
}

/** Without the ends of lines and the byte order mark. */
function splitLines(text: string): readonly string[] {
  const lines = text.replace(/^\ufeff/, '').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => line.replace(/\r+$/, ''))
}

interface Joined {
  readonly text: string
  /** The index of the line behind the last one taken. */
  readonly end: number
  readonly hasEmptyLine: boolean
}

/** The line at `start` with those that continue it. Comments among them do not count, nor do empty lines. */
function joinContinuations(physical: readonly string[], start: number, escape: EscapeCharacter): Joined {
  const first = trimStart(physical[start] ?? '')
  let { text, isContinued } = cutContinuation(first.startsWith('#') ? '' : first, escape)
  let end = start + 1
  let hasEmptyLine = false
  while (isContinued && end < physical.length) {
    const line = physical[end++] ?? ''
    const content = trimStart(line)
    if (content.startsWith('#')) continue
    if (content === '') {
      hasEmptyLine = true
      continue
    }
    const cut = cutContinuation(line, escape)
    text += cut.text
    isContinued = cut.isContinued
  }
  return { text, end, hasEmptyLine }
}

/** An escape character continues the line, unless one more stands before it; blanks behind it are forgiven. */
function cutContinuation(line: string, escape: EscapeCharacter): { text: string; isContinued: boolean } {
  const trimmed = line.replace(/(?<![ \t])[ \t]+$/, '')
  const isContinued = trimmed.endsWith(escape) && trimmed.at(-2) !== escape
  return isContinued ? { text: trimmed.slice(0, -1), isContinued } : { text: line, isContinued }
}

function readDirectives(source: SourceText, physical: readonly string[]): { directives: ReadonlyMap<string, string>; escape: EscapeCharacter } {
  const directives = new Map<string, string>()
  let escape: EscapeCharacter = '\\'
  for (const [index, line] of physical.entries()) {
    const [, name = '', value = ''] = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+)$/.exec(trimStart(line)) ?? []
    const key = name.toLowerCase()
    if (!DIRECTIVES.has(key)) break
    const span = { source, startLine: index + 1, endLine: index + 1 }
    if (directives.has(key)) throw new DockerfileError(`only one ${key} parser directive can be used`, span, { hint: `remove this line, or the other "# ${key}=" above it` })
    directives.set(key, trim(value))
    if (key === 'escape') escape = readEscape(trim(value), span)
  }
  return { directives, escape }
}

function readEscape(text: string, span: SourceSpan): EscapeCharacter {
  if (text === '\\' || text === '`') return text
  throw new DockerfileError(`invalid escape token '${text}' does not match \` or \\`, span)
}

interface HeredocPlace {
  readonly source: SourceText
  readonly physical: readonly string[]
  /** Where the instruction begins. */
  readonly start: number
}

function readHeredocs({ source, physical, start }: HeredocPlace, from: number, starts: readonly HeredocStart[]): { heredocs: readonly Heredoc[]; end: number } {
  const heredocs: Heredoc[] = []
  let end = from
  for (const { marker, terminator, isChomped } of starts) {
    const content: string[] = []
    const isTerminator = (line: string): boolean => (isChomped ? line.replace(/^\t+/, '') : line) === terminator
    while (end < physical.length && !isTerminator(physical[end] ?? '')) content.push(`${physical[end++] ?? ''}\n`)
    if (end === physical.length) {
      throw new DockerfileError('unterminated heredoc', { source, startLine: start + 1, endLine: end }, { hint: `end it with a line that holds ${JSON.stringify(terminator)} alone` })
    }
    end++
    heredocs.push({ marker, terminator, content: content.join('') })
  }
  return { heredocs, end }
}
