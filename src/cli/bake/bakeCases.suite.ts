import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Documents with what they come to, as data. A case begins with `=== FEATURE: what it shows`, then `$ ARGUMENTS` of
 * `bake --print`, with assignments for the environment before them; then files under `--- NAME`, and last what comes of
 * it: `--- stdout`, all of it, or `--- error` with a part of the message. `--- differs` is why buildx comes to something
 * else; `--- warning` is a part of what else is told.
 */
export interface BakeCase {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly args: readonly string[]
  /** By path; `-` is standard input. */
  readonly files: ReadonlyMap<string, string>
  readonly stdout: string | undefined
  readonly error: string | undefined
  readonly warning: string | undefined
  readonly differs: string | undefined
}

const FOLDER = new URL('testdata/', import.meta.url)
const OUTCOMES = ['stdout', 'error', 'warning', 'differs'] as const

export function readBakeCases(): readonly BakeCase[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.cases')).sort()
  return files.flatMap((name) => parseCases(readFileSync(fileURLToPath(new URL(name, FOLDER)), 'utf8')))
}

function parseCases(text: string): readonly BakeCase[] {
  return text.split(/^=== /m).slice(1).map(parseCase)
}

function parseCase(text: string): BakeCase {
  const [head = '', ...sections] = text.split(/^--- /m)
  const [name = '', command = '$'] = head.trim().split('\n')
  const words = command.slice(1).trim().split(/\s+/).filter((word) => word !== '')
  const isAssignment = (word: string): boolean => /^[A-Z_]+=/.test(word)
  const first = words.findIndex((word) => !isAssignment(word))
  const [assignments, args] = first < 0 ? [words, []] : [words.slice(0, first), words.slice(first)]
  const bodies = new Map(sections.map((section) => [section.slice(0, section.indexOf('\n')), section.slice(section.indexOf('\n') + 1)] as const))
  const outcome = (key: (typeof OUTCOMES)[number]): string | undefined => (key === 'stdout' ? bodies.get(key) : bodies.get(key)?.trim())
  return {
    name,
    env: Object.fromEntries(assignments.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])),
    args,
    files: new Map([...bodies].filter(([key]) => !OUTCOMES.some((one) => one === key))),
    stdout: outcome('stdout'),
    error: outcome('error'),
    warning: outcome('warning'),
    differs: outcome('differs'),
  }
}

/** What stands behind `bake`. */
export function commandOf({ args }: BakeCase): readonly string[] {
  return args.some((word) => word.startsWith('--list')) ? args : ['--print', ...args]
}

/** With UPDATE_GOLDEN=1, writes what was printed into the cases. @param printed by name */
export function updateBakeCases(printed: ReadonlyMap<string, string>): void {
  if (process.env['UPDATE_GOLDEN'] !== '1') return
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.cases'))) {
    const path = fileURLToPath(new URL(file, FOLDER))
    const cases = readFileSync(path, 'utf8').split(/^(?==== )/m)
    writeFileSync(path, cases.map((text) => withStdout(text, printed.get(text.slice(4, text.indexOf('\n'))))).join(''))
  }
}

function withStdout(text: string, stdout: string | undefined): string {
  const rest = text.split(/^(?=--- )/m).filter((section) => !section.startsWith('--- stdout\n'))
  return stdout === undefined ? rest.join('') : `${rest.join('')}--- stdout\n${stdout}`
}
