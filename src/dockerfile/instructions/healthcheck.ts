import type { Healthcheck } from '../../ground/oci/imageConfig.ts'
import { at } from '../dockerfileError.ts'
import { parseGoDuration } from '../goText.ts'
import type { InstructionNode } from '../syntaxTree.ts'
import { parseFlags, type FlagTable } from './flags.ts'
import type { HealthcheckInstruction } from './instruction.ts'
import { atLeastOneWord, instructionError, wordsOf } from './syntax.ts'

const FLAGS: FlagTable = new Map([
  ['interval', 'text'],
  ['timeout', 'text'],
  ['start-period', 'text'],
  ['start-interval', 'text'],
  ['retries', 'text'],
])
const SHORTEST_NS = 1e6
const NO_TIMES = { intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, startIntervalNs: 0, retries: 0 }

/** `HEALTHCHECK NONE` or `HEALTHCHECK [flags] CMD command`. @throws DockerfileError */
export function parseHealthcheck(node: InstructionNode): HealthcheckInstruction {
  const [type = '', ...command] = atLeastOneWord(node)
  const healthcheck = type.toUpperCase() === 'NONE' ? parseNone(node, command) : parseTest(node, type, command)
  return { kind: 'healthcheck', healthcheck, text: node.text, span: node.span }
}

function parseNone(node: InstructionNode, command: readonly string[]): Healthcheck {
  parseFlags(node, new Map())
  if (command.length > 0) throw instructionError(node, 'HEALTHCHECK NONE takes no arguments')
  return { test: ['NONE'], ...NO_TIMES }
}

function parseTest(node: InstructionNode, type: string, command: readonly string[]): Healthcheck {
  const flags = parseFlags(node, FLAGS)
  if (type.toUpperCase() !== 'CMD') throw instructionError(node, `Unknown type ${JSON.stringify(type.toUpperCase())} in HEALTHCHECK (try CMD)`)
  if (command.length === 0) throw instructionError(node, 'Missing command after HEALTHCHECK CMD')
  return {
    test: [wordsOf(node).isJson ? 'CMD' : 'CMD-SHELL', ...command],
    intervalNs: parseInterval(node, flags, 'interval'),
    timeoutNs: parseInterval(node, flags, 'timeout'),
    startPeriodNs: parseInterval(node, flags, 'start-period'),
    startIntervalNs: parseInterval(node, flags, 'start-interval'),
    retries: parseRetries(node, flags.get('retries')),
  }
}

function parseInterval(node: InstructionNode, flags: ReadonlyMap<string, string>, name: string): number {
  const text = flags.get(name)
  if (text === undefined || text === '') return 0
  const ns = at(node.span, () => parseGoDuration(text))
  if (ns !== 0 && ns < SHORTEST_NS) throw instructionError(node, `Interval ${JSON.stringify(name)} cannot be less than 1ms`)
  return ns
}

function parseRetries(node: InstructionNode, text: string | undefined): number {
  if (text === undefined || text === '') return 0
  if (!/^[+-]?\d{1,9}$/.test(text)) throw instructionError(node, `--retries is not a number: ${JSON.stringify(text)}`)
  if (Number(text) < 0) throw instructionError(node, `--retries cannot be negative (${text})`)
  return Number(text)
}
