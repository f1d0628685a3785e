import type { InstructionNode } from '../syntaxTree.ts'
import { parseFlags, type FlagTable } from './flags.ts'
import type { CopyInstruction } from './instruction.ts'
import { instructionError, notSupported, refuseHeredocs, wordsOf } from './syntax.ts'

const COMMON: FlagTable = new Map([
  ['chown', 'text'],
  ['chmod', 'text'],
  ['link', 'unsupported-switch'],
  ['exclude', 'unsupported'],
])
const COPY_FLAGS: FlagTable = new Map([...COMMON, ['from', 'text'], ['parents', 'unsupported-switch']])
const ADD_FLAGS: FlagTable = new Map([...COMMON, ['checksum', 'unsupported'], ['unpack', 'unsupported'], ['keep-git-dir', 'unsupported-switch']])

/** COPY and ADD. @throws DockerfileError */
export function parseCopy(node: InstructionNode): CopyInstruction {
  const command = node.name === 'copy' ? 'COPY' : 'ADD'
  const flags = parseFlags(node, command === 'COPY' ? COPY_FLAGS : ADD_FLAGS)
  refuseHeredocs(node)
  const { words } = wordsOf(node)
  const target = words.at(-1)
  if (target === undefined || words.length < 2) {
    throw instructionError(node, `${command} requires at least two arguments, but only one was provided. Destination could not be determined`, `write ${command} source target`)
  }
  const sources = words.slice(0, -1)
  for (const source of sources) refuseRemote(node, command, source)
  return { kind: 'copy', command, from: flags.get('from'), sources, target, chown: flags.get('chown'), chmod: flags.get('chmod'), text: node.text, span: node.span }
}

/** @throws DockerfileError where `source` is not of the build context or a stage */
function refuseRemote(node: InstructionNode, command: 'COPY' | 'ADD', source: string): void {
  const what = remoteKind(source)
  if (what === undefined) return
  if (command === 'COPY') throw instructionError(node, `source can't be a ${what} for COPY`)
  throw notSupported(node, `ADD of a ${what} (${withoutSecrets(source)})`, 'download it in a RUN, or before the build')
}

function remoteKind(source: string): 'git ref' | 'URL' | undefined {
  if (/^(?:git|ssh):\/\//.test(source) || /^[\w.-]+@[\w.-]+:/.test(source) || /^https?:\/\/.*\.git(?:[#?].*)?$/.test(source)) return 'git ref'
  return /^https?:\/\//.test(source) ? 'URL' : undefined
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/, '')
}
