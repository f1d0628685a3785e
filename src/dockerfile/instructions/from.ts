import type { InstructionNode } from '../syntaxTree.ts'
import { parseFlags, type FlagTable } from './flags.ts'
import type { FromInstruction } from './instruction.ts'
import { instructionError, wordsOf } from './syntax.ts'

const FLAGS: FlagTable = new Map([['platform', 'text']])

/** `FROM [--platform=P] base [AS name]`. @throws DockerfileError */
export function parseFrom(node: InstructionNode): FromInstruction {
  const { words } = wordsOf(node)
  const [base, as, name] = words
  const isNamed = words.length === 3 && as?.toLowerCase() === 'as'
  if (base === undefined || (words.length !== 1 && !isNamed)) {
    throw instructionError(node, 'FROM requires either one or three arguments', 'write FROM image, or FROM image AS name')
  }
  const stageName = (name ?? '').toLowerCase()
  if (isNamed && !/^[a-z][a-z0-9-_.]*$/.test(stageName)) {
    throw instructionError(node, `invalid name for build stage: ${JSON.stringify(name)}, name can't start with a number or contain symbols`)
  }
  return { kind: 'from', base, platform: parseFlags(node, FLAGS).get('platform'), stageName, text: node.text, span: node.span }
}
