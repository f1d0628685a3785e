/**
 * What a shell script runs, read without running it: enough to see which programs with which words, never the whole
 * language. Variables stay as they are written; what stands in `$(…)` is read as commands of its own.
 */
export interface ShellCommand {
  /** `NAME=value` before the program, or of `export`. */
  readonly assignments: ReadonlyMap<string, string>
  /** The program and its arguments, without quotes. Empty where the command only assigns. */
  readonly words: readonly string[]
}

/** Deeper than any script nests commands, far below what the stack bears. */
const MAX_DEPTH = 20

export function readShellCommands(script: string, depth = 0): readonly ShellCommand[] {
  if (depth > MAX_DEPTH) return []
  const commands: ShellCommand[] = []
  let words: string[] = []
  const end = (): void => {
    if (words.length > 0) commands.push(toCommand(words))
    words = []
  }
  for (const token of tokenize(script)) {
    if (token.kind === 'end') end()
    else words.push(token.text)
    for (const inner of token.kind === 'word' ? token.nested : []) commands.push(...readShellCommands(inner, depth + 1))
  }
  end()
  return commands
}

/** Words that stand before a command without being one. */
const PREFIXES: ReadonlySet<string> = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{', 'time', 'exec', 'sudo', 'env', 'command', 'export'])
const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s

function toCommand(all: readonly string[]): ShellCommand {
  const assignments = new Map<string, string>()
  const first = all.findIndex((word) => {
    const [, name, value] = ASSIGNMENT.exec(word) ?? []
    if (name !== undefined && value !== undefined) assignments.set(name, value)
    return name === undefined && !PREFIXES.has(word)
  })
  return { assignments, words: first < 0 ? [] : all.slice(first) }
}

type Token = { readonly kind: 'end' } | { readonly kind: 'word'; readonly text: string; readonly nested: readonly string[] }

/** Blanks, a comment, an operator, or a part of a word. */
const PART = /(?<blank>(?:[ \t]|\\\n)+)|(?<comment>(?<=^|[\s;&|(])#[^\n]*)|(?<operator>[\n;&|()<>]+)|(?<single>'[^']*(?:'|$))|(?<double>"(?:\\[^]|[^"\\])*(?:"|$))|(?<nested>\$\((?!\())|(?<tick>`(?:\\[^]|[^`\\])*(?:`|$))|(?<plain>\\[^]|[^])/gy

function* tokenize(script: string): Generator<Token> {
  let word: { text: string; readonly nested: string[] } | undefined
  const add = (text: string, nested: readonly string[] = []): void => {
    word ??= { text: '', nested: [] }
    word.text += text
    word.nested.push(...nested)
  }
  let at = 0
  while (at < script.length) {
    PART.lastIndex = at
    const part = PART.exec(script)
    if (part === null) break
    const groups = part.groups ?? {}
    at += part[0].length
    if (groups['nested'] !== undefined) {
      const close = findClose(script, at)
      add(script.slice(at - 2, close + 1), [script.slice(at, close)])
      at = close + 1
    } else if (groups['blank'] === undefined && groups['comment'] === undefined && groups['operator'] === undefined) {
      addPart(part[0], groups, add)
    } else {
      if (word !== undefined) yield { kind: 'word', ...word }
      word = undefined
      if (groups['operator'] !== undefined && !/^[<>]+&?$/.test(part[0])) yield { kind: 'end' }
    }
  }
  if (word !== undefined) yield { kind: 'word', ...word }
}

function addPart(text: string, groups: Readonly<Record<string, string | undefined>>, add: (text: string, nested?: readonly string[]) => void): void {
  if (groups['single'] !== undefined) add(text.replaceAll("'", ''))
  else if (groups['tick'] !== undefined) add(text, [text.replaceAll('`', '')])
  else if (groups['double'] !== undefined) add(text.replace(/^"|"$/g, '').replace(/\\(["\\$`])/g, '$1'), nestedIn(text))
  else add(text.replace(/^\\/, ''))
}

/** The commands in a text in double quotes. */
function nestedIn(text: string): readonly string[] {
  const nested: string[] = []
  for (let open = text.indexOf('$('); open >= 0; open = text.indexOf('$(', open + 2)) {
    const close = findClose(text, open + 2)
    nested.push(text.slice(open + 2, close))
    open = close
  }
  return nested
}

/** The index of the `)` that closes what is open at `from`; the end where nothing does. */
function findClose(text: string, from: number): number {
  let open = 1
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '(') open++
    else if (character === ')' && --open === 0) return at
  }
  return text.length
}
