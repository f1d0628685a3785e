import type { Mount, Output } from '../../../graph/vertex.ts'
import { textOfHeredoc } from '../../heredoc.ts'
import type { CommandLine, RunInstruction } from '../../instructions/instruction.ts'
import { trim } from '../../words/whitespace.ts'
import { addInlineFile } from './inlineFile.ts'
import type { RunMounts } from './lowerMounts.ts'
import type { StageContext, StageState } from '../stageState.ts'

const SCRIPT_FOLDER = '/dev/pipes'

/** The command of a RUN: of a heredoc that begins with `#!`, the file that it is. */
export interface RunCommand {
  readonly command: CommandLine
  /** The file system with that file, to be mounted; undefined where there is none. */
  readonly script: Output | undefined
  /** Behind the instruction in the step's name. */
  readonly summary: string
}

export function lowerCommand({ command, script }: RunInstruction, { platform }: StageState, context: StageContext): RunCommand {
  if (script === undefined) return { command, script: undefined, summary: '' }
  const summary = ` (${summarize(script.content)})`
  const text = textOfHeredoc(script)
  if (platform.os === 'windows' || !text.startsWith('#!')) return { command, script: undefined, summary }
  const file = addInlineFile({ name: script.terminator, mode: 0o755, text }, context)
  return { command: { words: [`${SCRIPT_FOLDER}/${script.terminator}`], isShell: true }, script: file, summary }
}

/** The first line, and whether there are more. */
function summarize(content: string): string {
  const [first = '', ...more] = trim(content).split(/\r?\n/)
  return more.length === 0 ? first : `${first}...`
}

/** The mounts of a RUN with that of its script. */
export function withScript(mounts: RunMounts, script: Output | undefined): RunMounts {
  if (script === undefined) return mounts
  const mount: Mount = { kind: 'bind', input: mounts.inputs.length, selector: '', target: SCRIPT_FOLDER, readonly: true, isOutput: false }
  return { ...mounts, inputs: [...mounts.inputs, script], mounts: [...mounts.mounts, mount] }
}
