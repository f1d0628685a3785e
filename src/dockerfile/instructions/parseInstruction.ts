import { INSTRUCTION_NAMES } from '../parser.ts'
import { suggest } from '../../ground/suggestion.ts'
import type { InstructionNode } from '../syntaxTree.ts'
import { parseArg } from './arg.ts'
import { parseCopy } from './copy.ts'
import { parseFrom } from './from.ts'
import { parseHealthcheck } from './healthcheck.ts'
import type { Instruction } from './instruction.ts'
import { parseEnv, parseExpose, parseLabel, parseMaintainer, parseOnbuild, parseStopsignal, parseUser, parseVolume, parseWorkdir } from './metadata.ts'
import { parseCommand, parseRun, parseShell } from './run.ts'
import { instructionError } from './syntax.ts'

/** @throws DockerfileError on an unknown instruction, and on one that is not written as it must be */
export function parseInstruction(node: InstructionNode): Instruction {
  const parse = PARSERS.get(node.name)
  if (parse !== undefined) return parse(node)
  throw instructionError(node, `unknown instruction: ${node.keyword}`, suggest(node.keyword, INSTRUCTION_NAMES.map((name) => name.toUpperCase())))
}

const PARSERS: ReadonlyMap<string, (node: InstructionNode) => Instruction> = new Map<string, (node: InstructionNode) => Instruction>([
  ['add', parseCopy],
  ['arg', parseArg],
  ['cmd', parseCommand],
  ['copy', parseCopy],
  ['entrypoint', parseCommand],
  ['env', parseEnv],
  ['expose', parseExpose],
  ['from', parseFrom],
  ['healthcheck', parseHealthcheck],
  ['label', parseLabel],
  ['maintainer', parseMaintainer],
  ['onbuild', parseOnbuild],
  ['run', parseRun],
  ['shell', parseShell],
  ['stopsignal', parseStopsignal],
  ['user', parseUser],
  ['volume', parseVolume],
  ['workdir', parseWorkdir],
])
