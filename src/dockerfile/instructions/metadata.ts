import { joinHeredocs } from '../heredoc.ts'
import { trim } from '../words/whitespace.ts'
import type { InstructionNode } from '../syntaxTree.ts'
import { parseFlags } from './flags.ts'
import type {
  EnvInstruction,
  ExposeInstruction,
  LabelInstruction,
  MaintainerInstruction,
  OnbuildInstruction,
  StopsignalInstruction,
  UserInstruction,
  VolumeInstruction,
  WorkdirInstruction,
} from './instruction.ts'
import { atLeastOneWord, instructionError, onlyWord, pairsOf } from './syntax.ts'

/** Instructions that take words and no flags. All of them throw DockerfileError. */

export function parseEnv(node: InstructionNode): EnvInstruction {
  parseFlags(node, new Map())
  return { kind: 'env', pairs: pairsOf(node), isLegacy: node.args.kind === 'pairs' && node.args.isLegacy, text: node.text, span: node.span }
}

export function parseLabel(node: InstructionNode): LabelInstruction {
  parseFlags(node, new Map())
  return { kind: 'label', pairs: pairsOf(node), isLegacy: node.args.kind === 'pairs' && node.args.isLegacy, text: node.text, span: node.span }
}

export function parseWorkdir(node: InstructionNode): WorkdirInstruction {
  parseFlags(node, new Map())
  return { kind: 'workdir', path: onlyWord(node), text: node.text, span: node.span }
}

export function parseUser(node: InstructionNode): UserInstruction {
  parseFlags(node, new Map())
  return { kind: 'user', user: onlyWord(node), text: node.text, span: node.span }
}

export function parseStopsignal(node: InstructionNode): StopsignalInstruction {
  parseFlags(node, new Map())
  return { kind: 'stopsignal', signal: onlyWord(node), text: node.text, span: node.span }
}

export function parseMaintainer(node: InstructionNode): MaintainerInstruction {
  parseFlags(node, new Map())
  return { kind: 'maintainer', name: onlyWord(node), text: node.text, span: node.span }
}

export function parseExpose(node: InstructionNode): ExposeInstruction {
  parseFlags(node, new Map())
  return { kind: 'expose', ports: atLeastOneWord(node).toSorted(), text: node.text, span: node.span }
}

export function parseVolume(node: InstructionNode): VolumeInstruction {
  parseFlags(node, new Map())
  const paths = atLeastOneWord(node).map(trim)
  if (paths.includes('')) throw instructionError(node, 'VOLUME specified can not be an empty string')
  return { kind: 'volume', paths, text: node.text, span: node.span }
}

export function parseOnbuild(node: InstructionNode): OnbuildInstruction {
  parseFlags(node, new Map())
  if (node.args.kind !== 'trigger') throw instructionError(node, 'ONBUILD requires at least one argument')
  const trigger = node.args.node.keyword.toUpperCase()
  if (trigger === 'FROM' || trigger === 'MAINTAINER') throw instructionError(node, `${trigger} isn't allowed as an ONBUILD trigger`)
  return { kind: 'onbuild', trigger: joinHeredocs(node.args.node.text, node.heredocs), text: node.text, span: node.span }
}
