import { parseHeredocMarker } from '../heredoc.ts'
import type { InstructionNode } from '../syntaxTree.ts'
import { listFlag, parseFlags, readSwitch, type FlagTable } from './flags.ts'
import type { CopyInstruction } from './instruction.ts'
import { instructionError, wordsOf } from './syntax.ts'

const COMMON: FlagTable = new Map([
  ['chown', 'text'],
  ['chmod', 'text'],
  ['link', 'switch'],
  ['exclude', 'list'],
])
const COPY_FLAGS: FlagTable = new Map([...COMMON, ['from', 'text'], ['parents', 'switch']])
const ADD_FLAGS: FlagTable = new Map([...COMMON, ['checksum', 'text'], ['unpack', 'switch'], ['keep-git-dir', 'switch']])

/** COPY and ADD. @throws DockerfileError */
export function parseCopy(node: InstructionNode): CopyInstruction {
  const command = node.name === 'copy' ? 'COPY' : 'ADD'
  const flags = parseFlags(node, command === 'COPY' ? COPY_FLAGS : ADD_FLAGS)
  const { words, isJson } = wordsOf(node)
  const target = words.at(-1)
  if (target === undefined || words.length < 2) {
    throw instructionError(node, `${command} requires at least two arguments, but only one was provided. Destination could not be determined`, `write ${command} source target`)
  }
  if (isHeredoc(target)) throw instructionError(node, `${command} cannot accept a heredoc as a destination`, 'write the target behind it')
  if (isJson && words.some(isHeredoc)) throw instructionError(node, 'a heredoc cannot stand in a JSON list', `write ${command} without brackets`)
  const sources = words.slice(0, -1).filter((word) => !isHeredoc(word))
  return {
    kind: 'copy',
    command,
    from: flags.get('from'),
    sources,
    heredocs: node.heredocs,
    target,
    chown: flags.get('chown'),
    chmod: flags.get('chmod'),
    excludePatterns: listFlag(node, 'exclude'),
    isLinked: readSwitch(flags, 'link') ?? false,
    keepsParents: readSwitch(flags, 'parents') ?? false,
    checksum: flags.get('checksum'),
    unpack: readSwitch(flags, 'unpack'),
    keepGitFolder: readSwitch(flags, 'keep-git-dir'),
    text: node.text,
    span: node.span,
  }
}

function isHeredoc(word: string): boolean {
  return parseHeredocMarker(word) !== undefined
}
