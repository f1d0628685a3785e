import { posix } from 'node:path'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { findMissingLoader } from './missingLoader.ts'
import type { ElfProgram, Script } from './programFile.ts'
import type { ProgramFault } from './programFault.ts'
import type { ProgramView } from './programView.ts'

export interface FaultSurroundings {
  readonly view: ProgramView
  /** That the process runs on. */
  readonly platform: Platform
  /** Folders in which programs are looked up by name. */
  readonly searchPath: readonly string[]
  /** What a user can do so that programs for `architecture` run here, '' where that is nothing; undefined where they do. */
  readonly howToRun: (architecture: string) => string | undefined
}

/** Scripts may have scripts for interpreters; the kernel follows five. */
const MAX_DEPTH = 5

/** Undefined where nothing is wrong with the file at `path`, or it is not there. */
export function findFault(path: string, surroundings: FaultSurroundings, depth = 0): ProgramFault | undefined {
  const file = surroundings.view.file(path)
  switch (file.kind) {
    case 'absent':
    case 'unknown':
      return undefined
    case 'folder':
      return { kind: 'mode', what: 'is a folder', remedy: 'name a program in it' }
    case 'not-executable':
      return { kind: 'mode', what: 'is not executable', remedy: `COPY --chmod=755, or RUN chmod +x ${path}` }
    case 'empty':
      return { kind: 'format', what: 'is empty', remedy: 'look at the step that made it: a download or a copy that failed leaves such a file' }
    case 'text':
      return { kind: 'text', what: 'is a text without #! in its first line', remedy: 'begin it with #!/bin/sh, or the interpreter that it is for' }
    case 'other':
      return { kind: 'data', what: `is ${file.what}`, remedy: 'look at the step that made it; curl -f fails where the server has no such file' }
    case 'elf':
      return findElfFault(file, surroundings)
    case 'script':
      return depth < MAX_DEPTH ? findScriptFault(path, file, surroundings, depth) : undefined
  }
}

function findElfFault(file: ElfProgram, surroundings: FaultSurroundings): ProgramFault | undefined {
  if (file.isCut) return { kind: 'format', what: 'is a program that is cut off before its end', remedy: 'fetch or build it again' }
  return findForeignFault(file, surroundings) ?? findMissingLoader(file, surroundings.view)
}

/** A foreign program that has all it needs does run where there is an emulator for it. */
function findForeignFault(file: ElfProgram, { view, platform, howToRun }: FaultSurroundings): ProgramFault | undefined {
  const { machine, loader } = file
  if (machine?.architecture === platform.architecture) return undefined
  const here = formatPlatform(platform)
  if (machine === undefined) return { kind: 'format', what: `is a program for a processor of another kind than ${here}`, remedy: `fetch or build it for ${here}` }
  const howTo = howToRun(machine.architecture)
  const lacksLoader = loader !== undefined && view.file(loader).kind === 'absent' && SIBLINGS.get(platform.architecture) !== machine.architecture
  if (howTo === undefined && !lacksLoader) return undefined
  const remedy = `fetch or build it for ${here}: in a Dockerfile, $TARGETARCH is ${platform.architecture}${howTo === undefined || howTo === '' ? '' : `; to run it as it is: ${howTo}`}`
  return { kind: 'format', what: `is for linux/${machine.architecture} (${machine.title}), and this runs on ${here}`, remedy }
}

/** By a platform's architecture, the one of 32 bits that its processors often run too: what such a program lacks can be installed beside. */
const SIBLINGS: ReadonlyMap<string, string> = new Map([['amd64', '386'], ['arm64', 'arm']])

function findScriptFault(path: string, { interpreter, argument, hasCarriageReturn }: Script, surroundings: FaultSurroundings, depth: number): ProgramFault | undefined {
  if (hasCarriageReturn) {
    return { kind: 'missing', what: `has Windows line ends, so that its interpreter is looked for as ${JSON.stringify(`${(argument === '' ? interpreter : argument)}\r`)}`, remedy: `sed -i 's/\\r$//' ${path}; in git, "*.sh text eol=lf" in .gitattributes keeps it so` }
  }
  if (interpreter === '') return { kind: 'format', what: 'names no interpreter behind its #!', remedy: 'begin it with #!/bin/sh, or the interpreter that it is for' }
  const { view } = surroundings
  const absolute = interpreter.startsWith('/') ? interpreter : posix.join(posix.dirname(path), interpreter)
  if (view.file(absolute).kind === 'absent') return { kind: 'missing', what: `asks for the interpreter ${JSON.stringify(interpreter)}, which is not in the image`, remedy: `install it in a step before, or name one that is there${otherPlace(interpreter, surroundings)}` }
  const wanted = posix.basename(interpreter) === 'env' ? nameForEnv(argument) : undefined
  return wanted === undefined ? findInnerFault(absolute, surroundings, depth) : findEnvFault(wanted, surroundings, depth)
}

function findEnvFault(wanted: string, surroundings: FaultSurroundings, depth: number): ProgramFault | undefined {
  const found = findOnPath(wanted, surroundings)
  if (found !== undefined) return findInnerFault(found, surroundings, depth)
  if (wanted.includes('/')) return undefined
  return { kind: 'missing', what: `asks for the interpreter ${JSON.stringify(wanted)}, which is not on PATH (${surroundings.searchPath.join(':')})`, remedy: 'install it in a step before, or set PATH' }
}

function findInnerFault(interpreter: string, surroundings: FaultSurroundings, depth: number): ProgramFault | undefined {
  const inner = findFault(interpreter, surroundings, depth + 1)
  return inner === undefined ? undefined : { ...inner, what: `has the interpreter ${JSON.stringify(interpreter)}, which ${inner.what}` }
}

/** `/usr/bin/bash` where the script says `/bin/bash`, say. */
function otherPlace(interpreter: string, surroundings: FaultSurroundings): string {
  const found = findOnPath(posix.basename(interpreter), surroundings)
  return found === undefined ? '' : `, such as ${found}`
}

/** env(1): options and settings first; `-S` splits what follows. */
function nameForEnv(argument: string): string | undefined {
  return argument.replace(/^-S\s*|^--split-string=/, '').split(/\s+/).find((word) => word !== '' && !word.startsWith('-') && !word.includes('='))
}

/** Where a program is that is called by its name alone. */
export function findOnPath(name: string, { view, searchPath }: Pick<FaultSurroundings, 'view' | 'searchPath'>): string | undefined {
  return searchPath.map((folder) => posix.join('/', folder, name)).find((path) => !['absent', 'folder', 'unknown'].includes(view.file(path).kind))
}
