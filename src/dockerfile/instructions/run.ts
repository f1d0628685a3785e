import { joinHeredocs, textOfHeredoc } from '../heredoc.ts'
import { suggest } from '../../ground/suggestion.ts'
import type { InstructionNode } from '../syntaxTree.ts'
import { parseDeviceFlag } from './device.ts'
import { listFlag, parseFlags, type FlagTable } from './flags.ts'
import type { CommandInstruction, CommandLine, RunInstruction, ShellInstruction } from './instruction.ts'
import { parseMountFlag } from './mount.ts'
import { atLeastOneWord, instructionError, wordsOf } from './syntax.ts'

const FLAGS: FlagTable = new Map([
  ['network', 'text'],
  ['security', 'text'],
  ['mount', 'list'],
  ['device', 'list'],
])
const NETWORKS = ['default', 'host', 'none'] as const

/** @throws DockerfileError */
export function parseRun(node: InstructionNode): RunInstruction {
  const flags = parseFlags(node, FLAGS)
  atLeastOneWord(node)
  const mounts = listFlag(node, 'mount').map((text) => parseMountFlag(node, text))
  const devices = listFlag(node, 'device').map((text) => parseDeviceFlag(node, text))
  return { kind: 'run', ...runCommand(node), mounts, devices, network: parseNetwork(node, flags.get('network')), security: parseSecurity(node, flags.get('security')), text: node.text, span: node.span }
}

/** CMD and ENTRYPOINT; without words they are as good as not said. @throws DockerfileError */
export function parseCommand(node: InstructionNode): CommandInstruction {
  parseFlags(node, new Map())
  return { kind: node.name === 'cmd' ? 'cmd' : 'entrypoint', command: commandLine(node), text: node.text, span: node.span }
}

/** @throws DockerfileError */
export function parseShell(node: InstructionNode): ShellInstruction {
  parseFlags(node, new Map())
  const words = atLeastOneWord(node)
  if (!wordsOf(node).isJson) throw instructionError(node, 'SHELL requires the arguments to be in JSON form', 'write SHELL ["/bin/bash", "-c"]')
  return { kind: 'shell', words, text: node.text, span: node.span }
}

/** Heredocs are for the shell to read, but that one which stands alone is the command itself. @throws DockerfileError */
function runCommand(node: InstructionNode): Pick<RunInstruction, 'command' | 'script'> {
  const [heredoc] = node.heredocs
  const command = commandLine(node)
  const [text = ''] = command.words
  if (heredoc === undefined) return { command, script: undefined }
  if (!command.isShell) throw instructionError(node, 'a heredoc cannot stand in a JSON list', 'write the command without brackets')
  if (heredoc.marker !== text) return { command: { words: [joinHeredocs(text, node.heredocs)], isShell: true }, script: undefined }
  return { command: { words: [textOfHeredoc(heredoc)], isShell: true }, script: heredoc }
}

function commandLine(node: InstructionNode): CommandLine {
  const { words, isJson } = wordsOf(node)
  return { words, isShell: !isJson }
}

function parseNetwork(node: InstructionNode, text: string | undefined): RunInstruction['network'] {
  const network = NETWORKS.find((known) => known === text)
  if (text === undefined || network !== undefined) return network
  throw instructionError(node, `invalid network mode ${JSON.stringify(text)}`, suggest(text, NETWORKS) ?? `use one of ${NETWORKS.join(', ')}`)
}

const SECURITIES = ['sandbox', 'insecure'] as const

function parseSecurity(node: InstructionNode, text = 'sandbox'): RunInstruction['security'] {
  const security = SECURITIES.find((known) => known === text)
  if (security !== undefined) return security
  throw instructionError(node, `security ${JSON.stringify(text)} is not valid`, suggest(text, SECURITIES) ?? `use one of ${SECURITIES.join(', ')}`)
}
