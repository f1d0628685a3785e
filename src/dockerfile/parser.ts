import type { SourceSpan, SourceText } from '../ground/sourceSpan.ts'
import { DockerfileError } from './dockerfileError.ts'
import type { EscapeCharacter } from './words/expand.ts'
import { parseHeredocMarker } from './heredoc.ts'
import { lex, type LogicalLine } from './lexer.ts'
import type { HeredocMarker, InstructionArguments, InstructionNode, KeyValue, SyntaxTree } from './syntaxTree.ts'
import { isSpace, trim, trimStart } from './words/whitespace.ts'
import { splitFlags, splitQuotedWords } from './words/words.ts'

/** The grammar of BuildKit's Dockerfiles. Words that are no instruction are let through here. @throws DockerfileError */
export function parseSyntax(source: SourceText): SyntaxTree {
  const { lines, escape, directives, emptyContinuations } = lex(source, findHeredocs)
  const instructions = lines.map((line) => parseLine(line, escape))
  if (instructions.length === 0) {
    const endLine = Math.max(1, source.text.split('\n').length)
    throw new DockerfileError('file with no instructions', { source, startLine: 1, endLine }, { hint: 'begin with FROM' })
  }
  return { source, escape, directives, instructions, emptyContinuations }
}

/** An instruction on a line of its own, such as an ONBUILD trigger of a base image. @throws DockerfileError */
export function parseLine(line: LogicalLine, escape: EscapeCharacter): InstructionNode {
  const text = trim(line.text)
  const { keyword, rest } = cutKeyword(text)
  const { flags, rest: args } = splitFlags(rest)
  const name = keyword.toLowerCase()
  const parseArguments = ARGUMENT_PARSERS.get(name) ?? (() => NO_WORDS)
  return { name, keyword, flags, args: parseArguments(trim(args), { ...line, escape }), heredocs: line.heredocs, comments: line.comments, text, span: line.span }
}

interface Place {
  readonly escape: EscapeCharacter
  readonly heredocs: LogicalLine['heredocs']
  readonly span: SourceSpan
}

type ArgumentParser = (text: string, place: Place) => InstructionArguments

const NO_WORDS: InstructionArguments = { kind: 'words', words: [], isJson: false }
const BLANKS = /[\t\v\f\r ]+/

const ARGUMENT_PARSERS: ReadonlyMap<string, ArgumentParser> = new Map<string, ArgumentParser>([
  ['add', parseJsonOrWords],
  ['arg', parseQuotedWords],
  ['cmd', parseJsonOrText],
  ['copy', parseJsonOrWords],
  ['entrypoint', parseJsonOrText],
  ['env', (text, place) => parsePairs(text, place, 'ENV')],
  ['expose', parseWords],
  ['from', parseWords],
  ['healthcheck', parseHealthcheck],
  ['label', (text, place) => parsePairs(text, place, 'LABEL')],
  ['maintainer', parseText],
  ['onbuild', parseTrigger],
  ['run', parseJsonOrText],
  ['shell', parseJsonOrText],
  ['stopsignal', parseText],
  ['user', parseText],
  ['volume', parseJsonOrWords],
  ['workdir', parseText],
])

/** Every word that can begin an instruction, in lower case. */
export const INSTRUCTION_NAMES: readonly string[] = [...ARGUMENT_PARSERS.keys()]

function cutKeyword(text: string): { keyword: string; rest: string } {
  const blanks = BLANKS.exec(text)
  if (blanks === null) return { keyword: text, rest: '' }
  return { keyword: text.slice(0, blanks.index), rest: text.slice(blanks.index + blanks[0].length) }
}

function parseText(text: string): InstructionArguments {
  return { kind: 'words', words: text === '' ? [] : [text], isJson: false }
}

function parseWords(text: string): InstructionArguments {
  return { kind: 'words', words: text === '' ? [] : text.split(BLANKS), isJson: false }
}

function parseQuotedWords(text: string, { escape }: Place): InstructionArguments {
  return { kind: 'words', words: splitQuotedWords(text, escape), isJson: false }
}

function parseJsonOrText(text: string, place: Place): InstructionArguments {
  return parseJson(text, place) ?? parseText(text)
}

function parseJsonOrWords(text: string, place: Place): InstructionArguments {
  return parseJson(text, place) ?? parseWords(text)
}

/** Undefined where it is no JSON list: what looks like one and is not is a command for the shell. */
function parseJson(text: string, { span }: Place): InstructionArguments | undefined {
  if (!trimStart(text).startsWith('[')) return undefined
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(list)) return undefined
  const words = list.filter((word) => typeof word === 'string')
  if (words.length !== list.length) throw new DockerfileError('when using JSON array syntax, arrays must be comprised of strings only', span, { hint: 'put every word in double quotes' })
  return { kind: 'words', words, isJson: true }
}

/** `NAME value to the end`, or `NAME=value NAME=value`: the first word tells. */
function parsePairs(text: string, { escape, span }: Place, instruction: string): InstructionArguments {
  const words = splitQuotedWords(text, escape)
  if (words[0]?.includes('=') === false) {
    const { keyword: key, rest: value } = cutKeyword(text)
    if (key === text) throw new DockerfileError(`${instruction} must have two arguments`, span, { hint: `write ${instruction} ${text}=value` })
    return { kind: 'pairs', pairs: [{ key, value }], isLegacy: true }
  }
  return { kind: 'pairs', pairs: words.map((word) => parsePair(word, span)), isLegacy: false }
}

function parsePair(word: string, span: SourceSpan): KeyValue {
  const equals = word.indexOf('=')
  if (equals < 0) {
    const hint = 'quote the value if it has blanks: NAME="two words"'
    throw new DockerfileError(`Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`, span, { hint })
  }
  return { key: word.slice(0, equals), value: word.slice(equals + 1) }
}

/** The type, then a command as CMD has it. */
function parseHealthcheck(text: string, place: Place): InstructionArguments {
  const end = text.split('').findIndex(isSpace)
  if (end < 0) return parseText(text)
  const command = parseJsonOrText(trimStart(text.slice(end)), place)
  return command.kind === 'words' ? { ...command, words: [text.slice(0, end), ...command.words] } : command
}

function parseTrigger(text: string, place: Place): InstructionArguments {
  if (text === '') return NO_WORDS
  if (isOnbuild(text)) throw new DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", place.span)
  return { kind: 'trigger', node: parseLine({ text, heredocs: place.heredocs, comments: [], span: place.span }, place.escape) }
}

function isOnbuild(text: string): boolean {
  return cutKeyword(text).keyword.toLowerCase() === 'onbuild'
}

/** Words that begin with `<<`, in the instructions that know them. */
function findHeredocs(line: string, escape: EscapeCharacter): readonly HeredocMarker[] {
  const text = trim(line)
  if (!text.includes('<<')) return []
  const { keyword, rest } = cutKeyword(isOnbuild(text) ? cutKeyword(text).rest : text)
  if (!['run', 'copy', 'add'].includes(keyword.toLowerCase())) return []
  return splitQuotedWords(splitFlags(rest).rest, escape).flatMap((word) => parseHeredocMarker(word) ?? [])
}
