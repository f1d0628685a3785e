import { asByteString, textOfBytes } from '../../kit/byteString.ts'
import type { Finding } from '../finding.ts'
import type { FoundFile, ImageTree } from '../tree/imageTree.ts'
import { PLACES } from './places.ts'
import { findingOf, folderOf, type AuditSubject } from './subject.ts'

export interface ScriptProblem {
  readonly rule: 'InterpreterMissing' | 'ScriptCrlf'
  readonly message: string
  readonly remedy: string
}

/** What keeps the kernel from starting a script by its first line, as execve(2) has it; undefined where nothing is known to. */
export function scriptProblem(line: string, { tree, surroundings }: Pick<AuditSubject, 'tree' | 'surroundings'>): ScriptProblem | undefined {
  const isCrlf = line.endsWith('\r')
  const { interpreter, argument } = parseShebang(line.replace(/\r$/, ''))
  // with an argument the carriage return is a part of that, and most interpreters trip over it all the same
  if (isCrlf && tree.isComplete) return { rule: 'ScriptCrlf', message: 'has Windows line ends: its interpreter is looked for with a carriage return in its name', remedy: 'write it with LF line ends: dos2unix, or `* text eol=lf` in .gitattributes' }
  if (interpreter === '' || !tree.isComplete) return undefined
  if (!isThere(tree, interpreter)) return missing(interpreter)
  const command = envCommand(interpreter, argument)
  if (command === undefined || findCommand(command, { tree, surroundings }) !== undefined) return undefined
  return missing(command)
}

function missing(interpreter: string): ScriptProblem {
  const name = textOfBytes(asByteString(interpreter))
  return { rule: 'InterpreterMissing', message: `is a script for ${name}, which is not in the image`, remedy: `install ${name.slice(name.lastIndexOf('/') + 1)}, or write the script for a shell that is there` }
}

/** One that is relative is looked for from wherever it is called: not known. */
function isThere(tree: ImageTree, interpreter: string): boolean {
  return !interpreter.startsWith('/') || tree.find(interpreter) !== undefined
}

interface Shebang {
  readonly interpreter: string
  /** All the rest, as Linux passes it on: one argument. */
  readonly argument: string
}

export function parseShebang(line: string): Shebang {
  const [, interpreter = '', argument = ''] = /^[ \t]*([^ \t]*)[ \t]*(.*?)[ \t]*$/s.exec(line) ?? []
  return { interpreter, argument }
}

/** What `env` would run: with -S behind assignments and options, else its one argument. */
function envCommand(interpreter: string, argument: string): string | undefined {
  if (!interpreter.endsWith('/env') || argument === '') return undefined
  const split = /^(?:-S|--split-string)(?:=|[ \t]*)(.*)$/.exec(argument)?.[1]
  if (split === undefined) return argument.startsWith('-') || argument.includes('=') ? undefined : argument
  const words = split.split(/[ \t]+/).filter((word) => word !== '' && !word.includes('='))
  return words.find((word) => !word.startsWith('-'))
}

/** As execvp(3) looks for a command. Undefined where it is not there. */
export function findCommand(name: string, { tree, surroundings }: Pick<AuditSubject, 'tree' | 'surroundings'>): FoundFile | undefined {
  const paths = name.includes('/') ? [name] : surroundings.commandFolders.map((folder) => `${folder}/${name}`)
  for (const path of paths) {
    const found = tree.find(path)
    if (found?.node.kind === 'file') return { path: found.path, node: found.node }
  }
  return undefined
}

/** A command that cannot start is in somebody's way; scripts elsewhere come in packages, and may never be called. */
export function describeScript(file: FoundFile, problem: ScriptProblem, { isCommandFolder }: Pick<AuditSubject, 'isCommandFolder'>): Finding {
  const isElsewhere = PLACES.some(({ pattern }) => pattern.test(file.path))
  return findingOf(file, { ...problem, severity: isCommandFolder(folderOf(file.path)) && !isElsewhere ? 'warning' : 'note' })
}
