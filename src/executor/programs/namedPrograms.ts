/*
 * Whoever fails to execute a file says so in its own words: shells, env, make, interpreters, QEMU. What they have in
 * common is a phrase of the system's, and the file's name in the same line, before it or behind it.
 */

/** A name that may be a program's, from a line about a failure. */
export interface NamedProgram {
  /** As it was written: a path, or a name to be looked up. */
  readonly name: string
  /** What the line complains of. `syntax`: a shell has read the file as a script. */
  readonly complaint: 'format' | 'missing' | 'mode' | 'syntax'
}

const PHRASES: readonly (readonly [phrase: RegExp, complaint: NamedProgram['complaint']])[] = [
  [/exec(?:utable)? format error|cannot execute binary file|\bENOEXEC\b|invalid ELF header|wrong ELF class|cannot execute binary/i, 'format'],
  [/required file not found|bad interpreter|not found\s*$|no such file or directory|\bENOENT\b/i, 'missing'],
  [/permission denied|\bEACCES\b/i, 'mode'],
  [/syntax error|command not found|: not found|unexpected (?:word|token|end of file)/i, 'syntax'],
]
/** The reason of a failure stands at the end. */
const LAST_LINES = 40
const MAX_NAMES = 16
const SEPARATORS = /[\s:'"`‘’“”()[\]{}<>=,;]+/u

/** The last lines first; in a line, what stands closest before the phrase, then what stands behind it. */
export function findNamedPrograms(output: string): readonly NamedProgram[] {
  const lines = output.split('\n').slice(-LAST_LINES).reverse()
  const named = lines.flatMap(namedInLine)
  return [...new Map(named.map((one) => [`${one.complaint} ${one.name}`, one])).values()].slice(0, MAX_NAMES)
}

function namedInLine(line: string): readonly NamedProgram[] {
  for (const [phrase, complaint] of PHRASES) {
    const found = phrase.exec(line)
    if (found === null) continue
    const before = wordsOf(line.slice(0, found.index)).reverse()
    const after = wordsOf(line.slice(found.index + found[0].length))
    return [...before, ...after].map((name) => ({ name, complaint }))
  }
  return []
}

/** Numbers of lines, `exec`, `line` and the like are looked up like names, and are nobody's. */
function wordsOf(text: string): string[] {
  return text.split(SEPARATORS).filter((word) => word !== '' && !/^\d+$/.test(word))
}

/** Paths that a command line is made of, those of its `cd` apart. */
export function findPathsOf(argv: readonly string[]): { readonly paths: readonly string[]; readonly folders: readonly string[] } {
  const words = argv.join(' ').split(/[\s;&|()'"`]+/)
  const folders = words.filter((_, index) => words[index - 1] === 'cd')
  const paths = words.filter((word, index) => /^\.{0,2}\//.test(word) && words[index - 1] !== 'cd')
  return { paths: [...new Set(paths)].slice(0, MAX_NAMES), folders: folders.slice(0, MAX_NAMES) }
}
