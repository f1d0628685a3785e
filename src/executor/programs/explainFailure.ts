import { posix } from 'node:path'
import type { ProcessSpec } from '../executor.ts'
import { findNamedPrograms, findPathsOf, type NamedProgram } from './namedPrograms.ts'
import { findFault, findOnPath, type FaultSurroundings } from './findFault.ts'
import type { ProgramFault } from './programFault.ts'
import type { ProgramView } from './programView.ts'

export interface FailedProcess {
  readonly spec: Pick<ProcessSpec, 'argv' | 'cwd' | 'env' | 'platform' | 'user'>
  readonly view: ProgramView
  readonly howToRun: FaultSurroundings['howToRun']
}

/** What is wrong with the program that should have been started, in the words of `hint`; undefined where it looks well. */
export function explainStart({ spec, view, howToRun }: FailedProcess): string | undefined {
  const [program = ''] = spec.argv
  const surroundings = surroundingsOf({ spec, view, howToRun })
  const path = program.includes('/') ? posix.resolve(spec.cwd, program) : findOnPath(program, surroundings)
  const fault = path === undefined ? undefined : findFault(path, surroundings)
  return path === undefined || fault === undefined ? undefined : formatFault(path, fault)
}

/**
 * Why a process failed whose output ends so, where that is a file that it could not execute: a program whose name the
 * output complains of, and that has the fault in question. Undefined where there is none.
 */
export function explainFailure(failed: FailedProcess, output: string, exitCode: number): string | undefined {
  const surroundings = surroundingsOf(failed)
  const { paths, folders } = findPathsOf(failed.spec.argv)
  const candidates = [
    ...findNamedPrograms(output).filter(({ complaint }) => complaint !== 'mode' || exitCode === NOT_EXECUTABLE),
    ...(isAboutPrograms(exitCode, output) ? paths.map((name): NamedProgram => ({ name, complaint: 'missing' })) : []),
  ]
  for (const { name, complaint } of candidates) {
    for (const path of pathsOf(name, [failed.spec.cwd, ...folders], surroundings)) {
      const fault = findFault(path, surroundings)
      if (fault !== undefined && isMeant(complaint, fault)) return formatFault(path, fault)
    }
  }
  return undefined
}

const NOT_EXECUTABLE = 126
const NOT_FOUND = 127
/** 128 + SIGSEGV: so ends a program that is cut off. */
const SEGMENTATION_FAULT = 139

/** Whether the failure is one of a program that no line names: QEMU complains of the loader only, which is not there. */
function isAboutPrograms(exitCode: number, output: string): boolean {
  return [NOT_EXECUTABLE, NOT_FOUND, SEGMENTATION_FAULT].includes(exitCode) || /qemu-\S+: Could not open '/.test(output)
}

/** A complaint of what is absent or forbidden may be about any file: only a fault that goes with it explains it. */
function isMeant(complaint: NamedProgram['complaint'], { kind }: ProgramFault): boolean {
  switch (complaint) {
    case 'format':
      return true
    case 'missing':
      return kind === 'missing' || kind === 'format'
    case 'syntax':
      return kind === 'format' || kind === 'data'
    case 'mode':
      return kind === 'mode'
  }
}

function surroundingsOf({ spec, view, howToRun }: FailedProcess): FaultSurroundings {
  const path = spec.env.findLast((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? ''
  return { view, platform: spec.platform, searchPath: path.split(':').filter((folder) => folder !== ''), howToRun }
}

/** A relative path is looked for wherever the command line went. */
function pathsOf(name: string, folders: readonly string[], surroundings: FaultSurroundings): readonly string[] {
  if (!name.includes('/')) return [findOnPath(name, surroundings)].filter((path) => path !== undefined)
  return [...new Set(folders.map((folder) => posix.resolve('/', folder, name)))]
}

function formatFault(path: string, { what, remedy }: ProgramFault): string {
  return `${path} ${what}: ${remedy}`
}
