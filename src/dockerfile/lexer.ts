import type { SourceSpan, SourceText } from '../ground/sourceSpan.ts'
import { DockerfileError } from './dockerfileError.ts'
import { readDirectives, type Directive } from './directives.ts'
import type { EscapeCharacter } from './words/expand.ts'
import type { Heredoc, HeredocMarker } from './syntaxTree.ts'
import { trim, trimStart } from './words/whitespace.ts'

/** One instruction on one line. */
export interface LogicalLine {
  readonly text: string
  readonly heredocs: readonly Heredoc[]
  /** Right above it, without `#` and the blanks around; an empty line or an empty comment ends them. */
  readonly comments: readonly string[]
  readonly span: SourceSpan
}

export interface LexerResult {
  readonly lines: readonly LogicalLine[]
  readonly escape: EscapeCharacter
  readonly directives: ReadonlyMap<string, Directive>
  /** The last lines of instructions that go on over an empty line. */
  readonly emptyContinuations: readonly SourceSpan[]
}

/** The heredocs that a logical line opens; their content follows it. */
export type HeredocFinder = (line: string, escape: EscapeCharacter) => readonly HeredocMarker[]

/** Joins continuation lines, leaves out comments and empty lines, reads the directives at the top. @throws DockerfileError */
export function lex(source: SourceText, findHeredocs: HeredocFinder): LexerResult {
  const written = splitLines(source.text)
  const physical = written.map((line) => line.replace(/\r+$/, ''))
  const directives = readDirectives(source, physical)
  const escape = readEscape(directives.get('escape'))
  const lines: LogicalLine[] = []
  const emptyContinuations: SourceSpan[] = []
  let comments: string[] = []
  let at = 0
  while (at < physical.length) {
    const joined = joinContinuations(physical, at, escape)
    const heredocs = readHeredocs({ source, physical, written, start: at }, joined.end, findHeredocs(joined.text, escape))
    const span = { source, startLine: at + 1, endLine: heredocs.end }
    if (joined.hasEmptyLine) emptyContinuations.push({ source, startLine: joined.end, endLine: joined.end })
    if (joined.text !== '') lines.push({ text: joined.text, heredocs: heredocs.heredocs, comments, span })
    const comment = at < directives.size ? undefined : commentOf(physical[at] ?? '')
    if (comment === undefined) comments = []
    else comments.push(comment)
    at = heredocs.end
  }
  return { lines, escape, directives, emptyContinuations }
}

/** Undefined where the line is none, or an empty one. */
function commentOf(line: string): string | undefined {
  const comment = trim(/^#(.*)$/.exec(trimStart(line))?.[1] ?? '')
  return comment === '' ? undefined : comment
}

/** Without line feeds and the byte order mark. */
function splitLines(text: string): readonly string[] {
  const lines = text.replace(/^\ufeff/, '').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
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

function readEscape(directive: Directive | undefined): EscapeCharacter {
  if (directive === undefined) return '\\'
  const { value, span } = directive
  if (value === '\\' || value === '`') return value
  throw new DockerfileError(`invalid escape token '${value}' does not match \` or \\`, span)
}

interface HeredocPlace {
  readonly source: SourceText
  readonly physical: readonly string[]
  /** The same lines with the carriage returns at their ends, which are part of what a heredoc holds. */
  readonly written: readonly string[]
  /** Where the instruction begins. */
  readonly start: number
}

function readHeredocs({ source, physical, written, start }: HeredocPlace, from: number, starts: readonly HeredocMarker[]): { heredocs: readonly Heredoc[]; end: number } {
  const heredocs: Heredoc[] = []
  let end = from
  for (const marker of starts) {
    const { terminator, isChomped } = marker
    const content: string[] = []
    const isTerminator = (line: string): boolean => (isChomped ? line.replace(/^\t+/, '') : line) === terminator
    while (end < physical.length && !isTerminator(physical[end] ?? '')) content.push(`${written[end++] ?? ''}\n`)
    if (end === physical.length) {
      throw new DockerfileError('unterminated heredoc', { source, startLine: start + 1, endLine: end }, { hint: `end it with a line that holds ${JSON.stringify(terminator)} alone` })
    }
    end++
    heredocs.push({ ...marker, content: content.join('') })
  }
  return { heredocs, end }
}
