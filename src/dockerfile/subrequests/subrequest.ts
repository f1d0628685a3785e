import type { SourceSpan, SourceText } from '../../ground/sourceSpan.ts'

/**
 * What a client may ask of the Dockerfile frontend instead of a build: BuildKit's subrequests, by the attribute
 * `requestid`. The answer is metadata: `result.json` in BuildKit's form, `result.txt` for people, `version`, and
 * `result.statuscode` where it is a judgement.
 */
export type SubrequestAnswer = ReadonlyMap<string, string>

export interface Subrequest {
  /** `frontend.outline` */
  readonly name: string
  readonly description: string
  readonly opts: readonly { readonly name: string; readonly description: string }[]
  readonly metadata: readonly string[]
}

export const LINT_REQUEST: Subrequest = { name: 'frontend.lint', description: 'Check a Dockerfile', opts: [], metadata: ['result.json', 'result.txt', 'result.statuscode'] }
export const OUTLINE_REQUEST: Subrequest = {
  name: 'frontend.outline',
  description: 'List what the build of a target takes',
  opts: [{ name: 'target', description: 'The stage that is built' }],
  metadata: ['result.json', 'result.txt'],
}
export const TARGETS_REQUEST: Subrequest = { name: 'frontend.targets', description: 'List the targets of a Dockerfile', opts: [], metadata: ['result.json', 'result.txt'] }
export const DESCRIBE_REQUEST: Subrequest = { name: 'frontend.subrequests.describe', description: 'List what can be asked', opts: [], metadata: ['result.json', 'result.txt'] }

/** Our own: what a build would do. Its answer is for programs alone. */
export const PLAN_REQUEST: Subrequest = { name: 'pelago.plan', description: 'Tell what a build would do', opts: [], metadata: ['result.json', 'result.statuscode'] }

export const SUBREQUESTS: readonly Subrequest[] = [OUTLINE_REQUEST, TARGETS_REQUEST, LINT_REQUEST, PLAN_REQUEST, DESCRIBE_REQUEST]

const VERSION = '1.0.0'

export function answer(document: unknown, text: string): SubrequestAnswer {
  return new Map([['result.json', JSON.stringify(document, undefined, 2)], ['result.txt', text], ['version', VERSION]])
}

/** A `pb.Location` as BuildKit's frontend writes it: a range for each line, and what is 0 left out. */
export function toLocation({ startLine, endLine }: SourceSpan): object {
  const lines = Array.from({ length: endLine - startLine + 1 }, (_, offset) => startLine + offset)
  return { ranges: lines.map((line) => ({ start: { line }, end: { line } })) }
}

/** Bytes as Go writes them in JSON. `dockerfile` is pure, and knows no Buffer. */
export function toBase64({ text }: SourceText): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

/** Columns as wide as what is in them, `gap` blanks apart. */
export function formatColumns(rows: readonly (readonly string[])[], gap: number): string {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)) + gap)
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('').trimEnd()}\n`).join('')
}

/** What can be asked, in BuildKit's form. */
export function describeSubrequests(): SubrequestAnswer {
  const document = SUBREQUESTS.map(({ name, description, opts, metadata }) => ({
    name,
    version: VERSION,
    type: 'rpc',
    description,
    opts,
    inputs: null,
    metadata: metadata.map((key) => ({ name: key, description: '' })),
    refs: null,
  }))
  const rows = SUBREQUESTS.map(({ name, description }) => [name.replace(/^frontend\./, ''), VERSION, description])
  return answer(document, formatColumns([['NAME', 'VERSION', 'DESCRIPTION'], ...rows], 1))
}
