import { DockerfileError } from '../dockerfileError.ts'
import type { InstructionNode, KeyValue, WordArguments } from '../syntaxTree.ts'

/** What every instruction's parser needs: errors in BuildKit's words, and arguments by their number. */

export function instructionError(node: InstructionNode, message: string, hint?: string): DockerfileError {
  return new DockerfileError(`dockerfile parse error on line ${node.span.startLine}: ${message}`, node.span, { hint })
}

/** For what BuildKit knows and Pelago does not yet. */
export function notSupported(node: InstructionNode, what: string, hint?: string): DockerfileError {
  return instructionError(node, `${what} is not supported yet`, hint)
}

export function wordsOf(node: InstructionNode): WordArguments {
  return node.args.kind === 'words' ? node.args : { kind: 'words', words: [], isJson: false }
}

/** @throws DockerfileError where there is none, or more than one */
export function onlyWord(node: InstructionNode): string {
  const { words } = wordsOf(node)
  const [word] = words
  if (word === undefined || words.length > 1) throw instructionError(node, `${node.name.toUpperCase()} requires exactly one argument`)
  return word
}

/** @throws DockerfileError where there is none */
export function atLeastOneWord(node: InstructionNode): readonly string[] {
  const { words } = wordsOf(node)
  if (words.length === 0) throw instructionError(node, `${node.name.toUpperCase()} requires at least one argument`)
  return words
}

/** Of ENV and LABEL. @throws DockerfileError */
export function pairsOf(node: InstructionNode): readonly KeyValue[] {
  const instruction = node.name.toUpperCase()
  if (node.args.kind !== 'pairs' || node.args.pairs.length === 0) throw instructionError(node, `${instruction} requires at least one argument`)
  if (node.args.pairs.some(({ key }) => key === '')) throw instructionError(node, `${instruction} names can not be blank`)
  return node.args.pairs
}
