/*
 * Cases are text: a file holds many, each with the files of its context.
 *
 *   === NAME              begins a case
 *   since: VERSION        the Dockerfile version that brought what it shows; absent where all know it
 *   args: WORDS           for both builders' `build`
 *   output: KEY=VALUE     attributes of the output, joined by commas
 *   setup: COMMAND        for sh, in the context once it is written: archives, devices, hard links
 *   fails: WORDS          both refuse it; Pelago's message holds WORDS
 *   --- PATH [MODE]       begins a file; a path that ends in `/` is a folder
 *   --- PATH -> TARGET    is a symbolic link
 *
 * REGISTRY, HTTP and GIT are the servers of `caseNetwork.ts`, CONTEXT is the context's folder (in args only).
 * Lines before the first case, and empty ones before the next, are for the reader.
 */
export interface ParityCase {
  readonly name: string
  /** The Dockerfile version that it needs, such as `1.4`. */
  readonly since: string
  readonly args: readonly string[]
  readonly output: string
  readonly setup: readonly string[]
  /** Part of the message with which Pelago refuses it; undefined where it builds. */
  readonly fails: string | undefined
  readonly files: readonly CaseFile[]
}

export type CaseFile =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly text: string }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

/** The oldest version there is. */
const FIRST_VERSION = '1.0'
const DEFAULT_FILE_MODE = 0o644
const DEFAULT_FOLDER_MODE = 0o755

/** @throws Error where a line before the files is none of the above */
export function parseCases(text: string): readonly ParityCase[] {
  const [, ...cases] = text.split(/^=== /m)
  return cases.map((part) => {
    const [head = '', ...sections] = part.split(/^--- /m)
    const [name = '', ...lines] = head.trimEnd().split('\n')
    const fields = lines.map((line) => parseField(line, name))
    const valuesOf = (key: string): readonly string[] => fields.flatMap((field) => (field.key === key ? [field.value] : []))
    return {
      name,
      since: valuesOf('since')[0] ?? FIRST_VERSION,
      args: valuesOf('args').flatMap((value) => value.split(' ')),
      output: valuesOf('output').join(','),
      setup: valuesOf('setup'),
      fails: valuesOf('fails')[0],
      files: sections.map((section, index) => parseFile(index === sections.length - 1 ? section.replace(/\n+$/, '\n') : section)),
    }
  })
}

const KEYS: ReadonlySet<string> = new Set(['since', 'args', 'output', 'setup', 'fails'])

function parseField(line: string, name: string): { readonly key: string; readonly value: string } {
  const { key = '', value = '' } = /^(?<key>[a-z]+): (?<value>.*)$/.exec(line)?.groups ?? {}
  if (!KEYS.has(key)) throw new Error(`case ${JSON.stringify(name)} has a line that says nothing: ${JSON.stringify(line)}`)
  return { key, value }
}

function parseFile(section: string): CaseFile {
  const end = section.indexOf('\n')
  const header = section.slice(0, end)
  const [path = '', target] = header.split(' -> ')
  if (target !== undefined) return { kind: 'link', path, target }
  const { name = '', mode } = /^(?<name>.*?)(?: (?<mode>[0-7]{3,4}))?$/.exec(header)?.groups ?? {}
  if (name.endsWith('/')) return { kind: 'folder', path: name, mode: mode === undefined ? DEFAULT_FOLDER_MODE : parseInt(mode, 8) }
  return { kind: 'file', path: name, mode: mode === undefined ? DEFAULT_FILE_MODE : parseInt(mode, 8), text: section.slice(end + 1) }
}

/** `1.19` is newer than `1.4`. */
export function isKnownSince(version: string, since: string): boolean {
  const [[major = 0, minor = 0], [sinceMajor = 0, sinceMinor = 0]] = [version, since].map((text) => text.split('.').map(Number)) as [number[], number[]]
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor)
}
