import type { SourceSpan, SourceText } from '../ground/sourceSpan.ts'
import { DockerfileError } from './dockerfileError.ts'
import { trim, trimStart } from './words/whitespace.ts'

/** `# name=value` at the very top of a Dockerfile, before any other line. */
export interface Directive {
  readonly value: string
  readonly span: SourceSpan
}

export type DirectiveName = 'syntax' | 'escape' | 'check'

const NAMES: ReadonlySet<string> = new Set<DirectiveName>(['syntax', 'escape', 'check'])
const PATTERN = /^([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+)$/

/** As the grammar sees them: the first line that is none ends them. @throws DockerfileError on one that comes twice */
export function readDirectives(source: SourceText, lines: readonly string[]): ReadonlyMap<string, Directive> {
  const directives = new Map<string, Directive>()
  for (const { name, directive } of scan(source, lines.map(trimStart), '#')) {
    if (directives.has(name)) {
      throw new DockerfileError(`only one ${name} parser directive can be used`, directive.span, { hint: `remove this line, or the other "# ${name}=" above it` })
    }
    directives.set(name, directive)
  }
  return directives
}

/** As BuildKit looks for them before it knows what the text is: behind a `#!` line too, and not behind blanks. */
export function detectDirective(name: DirectiveName, source: SourceText): Directive | undefined {
  return detectCommented(name, source, '#')
}

/** As `detectDirective`; `// syntax=…` and the JSON `{"syntax": "…"}` count too, since a frontend may read anything. */
export function detectSyntax(source: SourceText): Directive | undefined {
  return detectCommented('syntax', source, '#') ?? detectCommented('syntax', source, '//') ?? detectInJson(source)
}

function detectCommented(name: DirectiveName, source: SourceText, comment: '#' | '//'): Directive | undefined {
  const lines = source.text.replace(/^\ufeff/, '').split(/\r*\n/)
  for (const found of scan(source, lines, comment, lines[0]?.startsWith('#!') === true ? 1 : 0)) {
    if (found.name === name) return found.directive
  }
  return undefined
}

function* scan(source: SourceText, lines: readonly string[], comment: '#' | '//', first = 0): Generator<{ readonly name: string; readonly directive: Directive }> {
  for (const [offset, line] of lines.slice(first).entries()) {
    if (!line.startsWith(comment)) return
    const [, name = '', value = ''] = PATTERN.exec(trim(line.slice(comment.length))) ?? []
    if (!NAMES.has(name.toLowerCase())) return
    const number = first + offset + 1
    yield { name: name.toLowerCase(), directive: { value: trim(value), span: { source, startLine: number, endLine: number } } }
  }
}

function detectInJson(source: SourceText): Directive | undefined {
  const text = source.text.replace(/^\ufeff/, '')
  if (!/^\s*\{/.test(text)) return undefined
  try {
    const document: unknown = JSON.parse(text)
    if (typeof document !== 'object' || document === null || !('syntax' in document) || typeof document.syntax !== 'string') return undefined
    return { value: document.syntax, span: { source, startLine: 1, endLine: 1 } }
  } catch {
    return undefined // no JSON: no directive in it
  }
}
