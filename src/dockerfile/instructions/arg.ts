import type { InstructionNode } from '../syntaxTree.ts'
import { parseFlags } from './flags.ts'
import type { ArgDefinition, ArgInstruction } from './instruction.ts'
import { atLeastOneWord, instructionError } from './syntax.ts'

/** `ARG name[=default] …`. @throws DockerfileError */
export function parseArg(node: InstructionNode): ArgInstruction {
  parseFlags(node, new Map())
  const args = atLeastOneWord(node).map((word) => parseDefinition(word, node))
  return { kind: 'arg', args, text: node.text, span: node.span }
}

function parseDefinition(word: string, node: InstructionNode): ArgDefinition {
  const equals = word.indexOf('=')
  if (equals < 0) return { name: word, defaultValue: undefined }
  if (equals === 0) throw instructionError(node, 'ARG names can not be blank')
  return { name: word.slice(0, equals), defaultValue: word.slice(equals + 1) }
}
